"""BOT of every process that `parley bench` starts: the bot that is sized, timed."""

from pipeline.botkit import load
from proving.sizing.timed import Surroundings, watch

_surroundings = Surroundings()
bot = watch(load(_surroundings.benched_bot), _surroundings.bench_times)
