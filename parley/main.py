"""The console script: every subcommand, with errors as one clear line."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from pipeline.errors import ParleyError

# Imported on use: a web process would keep all other commands in memory.
COMMANDS = {
    "up": "parley.up:up",
    "chat": "parley.chat:chat",
    "doctor": "parley.doctor:doctor",
    "states": "parley.states:states",
    "failures": "parley.failures.command:failures",
    "user": "parley.user:user",
    "token": "parley.tokens:token",
    "db": "parley.db:db",
    "web": "parley.web:web",
    "seed": "parley.seed:seed",
    "prove": "parley.prove:command",
    "bench": "parley.bench:bench",
}


class Commands(click.Group):
    """A group that reports known errors in one line, with exit status 1 and no traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names, for `--help`."""
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command with this name."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand, and turn known errors into one line."""
        # BOT may name a module in the working directory, as with `python -m`.
        if (here := str(Path.cwd())) not in sys.path:
            sys.path.insert(0, here)
        try:
            return super().invoke(ctx)
        except ParleyError as error:
            raise click.ClickException(str(error)) from error
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
            raise click.ClickException(
                f"Database error: {reason}. Check DATABASE_URL; `parley doctor` shows details."
            ) from error


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: parley up",
)
@click.version_option(package_name="parley")
def main() -> None:
    """A self-hosted message pipeline for bots on SMS and WhatsApp.

    Settings come from the environment or a file named .env; see .env.example.
    """
