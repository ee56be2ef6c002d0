"""BOT of every process that `parley bench` starts: the bot that is sized, timed."""

from pipeline.botkit import load
from proving.sizing.bot_timing import TimingSettings, time_bot

_surroundings = TimingSettings()
bot = time_bot(load(_surroundings.benched_bot), _surroundings.bench_times)
