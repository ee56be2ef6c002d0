"""The rules of a conversation's life, written once and pure: no database, no clock, no bot.

`rules` changes a Conversation; `pending` holds what is to be saved; `turns` is what a bot answers.
"""
