"""The console script: every subcommand, and one clear line where one cannot do its work."""

import sys
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from parley import bench, chat, db, doctor, failures, prove, seed, states, token, up, user, web
from pipeline.errors import ParleyError


class Commands(click.Group):
    """A group whose known failures are one line and exit status 1, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand."""
        # BOT may name a module in the folder that the command is given in, as with `python -m`.
        if (here := str(Path.cwd())) not in sys.path:
            sys.path.insert(0, here)
        try:
            return super().invoke(ctx)
        except ParleyError as error:
            raise click.ClickException(str(error)) from error
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
            raise click.ClickException(
                f"The database does not do what was asked ({reason}). Check DATABASE_URL; "
                "`parley doctor` tells more."
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


COMMANDS = (
    up.up,
    chat.chat,
    doctor.doctor,
    states.states,
    failures.failures,
    user.user,
    token.token,
    db.db,
    web.web,
    seed.seed,
    prove.command,
    bench.bench,
)
for command in COMMANDS:
    main.add_command(command)
