"""Loads the bot that the setting BOT names, or explains why it cannot be used."""

from importlib import import_module
from traceback import walk_tb
from types import ModuleType

from pipeline.botkit.author import location
from pipeline.botkit.bot import Bot
from pipeline.errors import BotDefinitionError


def load(path: str) -> Bot:
    """The bot at `path`, as module:name. Raises BotDefinitionError that says what is wrong."""
    module_name, _, name = path.partition(":")
    if not module_name or not name.isidentifier():
        raise BotDefinitionError(
            f"{path!r} is not the path of a bot; use module:name, for example bots.template:bot"
        )
    module = _import(module_name, path)
    bot = getattr(module, name, None)
    if not isinstance(bot, Bot):
        raise BotDefinitionError(_bot_missing(module, name, path))
    errors = [problem.text for problem in bot.check() if problem.severity == "error"]
    if errors:
        raise BotDefinitionError("\n".join([f'bot "{bot.name}" ({path}) cannot run:', *errors]))
    return bot


def _import(module_name: str, path: str) -> ModuleType:
    try:
        return import_module(module_name)
    except BotDefinitionError as failure:
        raise BotDefinitionError(f"{path}: {failure}") from failure
    except Exception as failure:
        if isinstance(failure, ModuleNotFoundError) and _is_itself(failure.name, module_name):
            raise BotDefinitionError(f"{path}: there is no module {failure.name}") from failure
        where = _where(failure)
        raise BotDefinitionError(f"{path}: {where}{type(failure).__name__}: {failure}") from failure


def _is_itself(missing: str | None, module_name: str) -> bool:
    return missing is not None and f"{module_name}.".startswith(f"{missing}.")


def _where(failure: Exception) -> str:
    """The line that failed, outside Python's own import code."""
    if isinstance(failure, SyntaxError) and failure.filename:
        return f"{location(failure.filename, failure.lineno or 1)}: "
    frames = [
        location(frame.f_code.co_filename, line)
        for frame, line in walk_tb(failure.__traceback__)
        if "importlib" not in frame.f_code.co_filename and frame.f_code.co_filename != __file__
    ]
    return f"{frames[-1]}: " if frames else ""


def _bot_missing(module: ModuleType, name: str, path: str) -> str:
    found = getattr(module, name, None)
    what = f"has no {name}" if found is None else f"has a {name} that is not a Bot"
    bots = sorted(key for key, value in vars(module).items() if isinstance(value, Bot))
    return f"{path}: the module {what}; its bots are: {', '.join(bots) or 'none'}"
