"""BOT of every process that `parley bench` starts: the bot that is sized, timed."""

from parley.benching.timed import Surroundings, watch
from pipeline.botkit import load

_surroundings = Surroundings()
bot = watch(load(_surroundings.benched_bot), _surroundings.bench_times)
