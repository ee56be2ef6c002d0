"""Hot reload of `parley up`: what is saved in the bot's files is used from the next message on.

The bot's files are its module and whatever it imports from below the working directory. One that
cannot be loaded changes nothing: the bot runs as it was, and the error shows until it is fixed.
"""

import hashlib
import importlib
import importlib.util
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from traceback import walk_tb
from types import ModuleType

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pipeline import override
from pipeline.botkit import Bot, load
from pipeline.botkit.analysis import graph
from pipeline.errors import BotDefinitionError
from pipeline.runtime import Runtime
from pipeline.wakeups import Notify

log = structlog.get_logger(__name__)

# A change is acted on when the second look finds the same, so at most two of these behind: an
# editor may empty a file before it fills it.
_LOOK_SECONDS = 0.2
_OURS = {"__main__", "celeryconfig", "migrations", "parley", "pipeline", "web", "workers"}
_FAILED = "The bot's file has an error; the bot runs as it was before the edit."

_Stamps = dict[Path, tuple[int, int, int] | None]


class HotReload:
    """Looks at the files of one runtime's bot; everybody else sees the same Bot change."""

    def __init__(self, runtime: Runtime, tell: Callable[[str], None], notify: Notify) -> None:
        self._runtime = runtime
        self._tell = tell
        self._notify = notify
        self._module = runtime.settings.bot.partition(":")[0]
        self._folder = Path.cwd()
        self._loaded = _stamps(_files(self._own_modules().values()))
        self._changed: _Stamps | None = None
        _read_source(runtime.bot)

    def start(self, stopping: threading.Event) -> None:
        """Look until `stopping` is set, in a thread of its own."""
        threading.Thread(target=self._loop, args=[stopping], name="reload", daemon=True).start()

    def _loop(self, stopping: threading.Event) -> None:
        while not stopping.wait(_LOOK_SECONDS):
            self.look()

    def look(self) -> None:
        """Load the bot anew if its files changed and have stood still since the last look."""
        found = _stamps(self._loaded)
        if found == self._loaded:
            self._changed = None
        elif found != self._changed:
            self._changed = found
        else:
            self._reload(found)

    def _reload(self, before: _Stamps) -> None:
        old = self._own_modules()
        _forget(old)
        try:
            edited = load(self._runtime.settings.bot)
        except (Exception, SystemExit) as error:  # noqa: BLE001 (keep watching after any error)
            new = self._own_modules()
            _put_back(old, new)
            self._watch(before, [*before, *_files(new.values()), *self._where(error)])
            self._fail(error)
        else:
            self._watch(before, _files(self._own_modules().values()))
            self._use(edited)

    def _watch(self, before: _Stamps, files: Iterable[Path]) -> None:
        # What was saved while it was loaded is another change.
        self._loaded = {**_stamps(files), **{f: before[f] for f in files if f in before}}
        self._changed = None

    def _use(self, edited: Bot) -> None:
        bot = self._runtime.bot
        if edited.version == bot.version:  # that of its own file; another one was edited
            edited.version = _hash(self._loaded)
        _read_source(edited)
        bot.become(edited)
        self._runtime.editing.error = ""
        said = f"Reloaded {bot.name}: version {bot.version}, {len(bot.states)} states."
        self._tell("\n".join([said, *(str(problem) for problem in bot.check())]))
        self._try_failing_turns()

    def _try_failing_turns(self) -> None:
        """What made them fail may be fixed now, so they do not wait for their next attempt."""
        try:
            contacts = override.try_all_now(self._runtime)
        except SQLAlchemyError as error:
            # They are tried at the end of their back-off.
            log.warning("failing turns were not tried", error=type(error).__name__)
            return
        if contacts:
            whose = "1 contact" if contacts == 1 else f"{contacts:,} contacts"
            self._tell(f"Trying the failed turns of {whose} again.")
            self._notify("converse")

    def _fail(self, error: BaseException) -> None:
        is_exit = isinstance(error, SystemExit)
        said = str(error) if isinstance(error, BotDefinitionError) else repr(error)
        text = f"{self._module} calls sys.exit() on import" if is_exit else said
        if text != self._runtime.editing.error:
            self._runtime.editing.error = text
            self._tell(f"{_FAILED}\n{text}")

    def _where(self, error: BaseException) -> Iterator[Path]:
        """Where a fix may appear: the files that failed, and folders that may lack one."""
        cause = error.__cause__ or error
        trace = cause.__traceback__
        names = [frame.f_code.co_filename for frame, _ in walk_tb(trace)]
        if isinstance(cause, SyntaxError) and cause.filename:
            names.append(cause.filename)
        for path in {Path(name) for name in names}:
            if self._is_below(path):
                yield path
                yield path.parent
        yield self._folder

    def _own_modules(self) -> dict[str, ModuleType]:
        """The bot's module, and every module below the working directory."""
        return {
            name: module
            for name, module in list(sys.modules.items())
            if (file := _file(module)) and self._is_own(name, file)
        }

    def _is_own(self, name: str, file: Path) -> bool:
        return name == self._module or (
            name.partition(".")[0] not in _OURS and self._is_below(file)
        )

    def _is_below(self, path: Path) -> bool:
        # A virtual environment may be in the working directory, too.
        return path.is_relative_to(self._folder) and not path.is_relative_to(sys.prefix)


def _file(module: ModuleType) -> Path | None:
    # Not getattr: some modules make their attributes when they are asked for.
    file = getattr(module, "__dict__", {}).get("__file__")
    return Path(file) if isinstance(file, str) and file.endswith(".py") else None


def _files(modules: Iterable[ModuleType]) -> list[Path]:
    return [file for file in map(_file, modules) if file]


def _stamps(files: Iterable[Path]) -> _Stamps:
    return {file: _stamp(file) for file in files}


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _forget(modules: Mapping[str, ModuleType]) -> None:
    for name, module in modules.items():
        del sys.modules[name]
        if file := _file(module):
            # Bytecode is dated by the second: a second save within one would be missed.
            with suppress(OSError):
                Path(importlib.util.cache_from_source(str(file))).unlink()
    importlib.invalidate_caches()


def _put_back(old: Mapping[str, ModuleType], new: Iterable[str]) -> None:
    """Undo the imports of a bot that cannot be used."""
    for name in new:
        del sys.modules[name]
    sys.modules.update(old)
    for name, module in old.items():
        package, _, own_name = name.rpartition(".")
        if package in sys.modules:
            setattr(sys.modules[package], own_name, module)


def _read_source(bot: Bot) -> None:
    """Read its machine while its files are those that it was made from; it is kept."""
    graph.machine(bot)


def _hash(files: Iterable[Path]) -> str:
    every = hashlib.sha256()
    for file in sorted(files):
        if file.is_file():
            every.update(file.read_bytes())
    return every.hexdigest()[:8]
