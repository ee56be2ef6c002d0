"""WhatsApp's own rules, the same whichever provider carries the messages."""

from datetime import timedelta

from pipeline.providers.base import Window

# https://www.twilio.com/docs/whatsapp/key-concepts#the-24-hour-window
WINDOW = Window(
    timedelta(hours=24),
    "WhatsApp accepts free-form messages only within 24 hours of the contact's last message. "
    "Send an approved template instead.",
)
