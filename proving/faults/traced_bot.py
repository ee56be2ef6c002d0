"""The bot under proof, with notes around it: BOT of every process that `parley prove` starts."""

from pipeline.botkit import load
from proving.faults.instrumentation import Surroundings, prepare

bot = prepare(load(Surroundings().proved_bot))
