"""Five bots to read and to borrow from; `BOT=bots.examples.quiz:bot parley chat` talks to one."""
