"""The bot under proof, with notes around it: BOT of every process that `parley prove` starts."""

from parley.proving.surroundings import Surroundings, prepare
from pipeline.botkit import load

bot = prepare(load(Surroundings().proved_bot))
