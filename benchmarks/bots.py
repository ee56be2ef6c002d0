"""The bot of the benchmarks: one short reply to every message, as the textbook's."""

from pipeline.botkit import Bot, Turn

bot = Bot("echo", start="start", loop_guard=None)


@bot.awaits("start")
def start(turn: Turn) -> None:
    turn.say(f"You said: {turn.message.text}")
