"""The key that signs cookies: SECRET_KEY or, in simulator mode, one stored next to the database.

A real provider needs the setting: several machines must agree on it.
"""

import os
import secrets
from pathlib import Path

from pipeline.settings import Settings


def of(settings: Settings) -> str:
    """Return the key of this installation."""
    return settings.secret_key.get_secret_value() or _kept(settings.broker_folder.parent)


def _kept(folder: Path) -> str:
    path = folder / "secret.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f"secret.{secrets.token_hex(8)}"
        draft.touch(0o600)
        draft.write_text(secrets.token_hex(32))
        try:
            # If several processes start together, the first one's key is used by all.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
