"""Changes to users: role, access, password. One active admin always remains."""

import re
import uuid

from sqlalchemy import Connection

from pipeline.accounts import passwords
from pipeline.database import Database
from pipeline.errors import ChangeRefused, NotFound
from pipeline.messages import storable
from pipeline.records.accounts import audit, sign_ins, tokens, users

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")


def address(email: str) -> str:
    """Normalize an e-mail address. Raises ChangeRefused if it is invalid."""
    email = storable(email).strip().casefold()
    if not _EMAIL.fullmatch(email) or not email.isprintable() or "\ufffd" in email:
        raise ChangeRefused(
            f"{email[:80]!r} is not an e-mail address. Use the form name@example.com."
        )
    return email


def known_role(role: str) -> str:
    """Return the role. Raises ChangeRefused if it is unknown."""
    if role not in tokens.ROLES:
        raise ChangeRefused(f"The role must be one of: {', '.join(tokens.ROLES)}.")
    return role


def add_user(database: Database, email: str, role: str, password: str, *, actor: str) -> uuid.UUID:
    """Create a user who can sign in at once."""
    email, role = address(email), known_role(role)
    password_hash = passwords.new_hash(password, email)
    with database.write() as connection:
        return create(connection, database, (email, role, password_hash), actor)


def create(
    connection: Connection, database: Database, new: tuple[str, str, str], actor: str
) -> uuid.UUID:
    """Add a row of (e-mail, role, hash). Raises ChangeRefused if the address has an account."""
    email, role, password_hash = new
    now = database.now(connection)
    if users.by_email(connection, email):
        raise ChangeRefused(f"{email} already has an account.")
    user_id = users.add(connection, email, role, password_hash, now)
    audit.append(connection, now, actor, "add_user", email, role=role)
    return user_id


def change_user(
    database: Database,
    user_id: uuid.UUID,
    *,
    actor: str,
    role: str = "",
    is_disabled: bool | None = None,
) -> None:
    """Set the role or take the access away, which signs the user out everywhere."""
    with database.write() as connection:
        admins = users.lock_admins(connection)
        before = existing(connection, user_id)
        role = known_role(role or before.role)
        is_disabled = before.is_disabled if is_disabled is None else is_disabled
        if admins == {user_id} and (role != "admin" or is_disabled):
            raise ChangeRefused("You can't remove the last active admin.")
        users.change(connection, user_id, role=role, is_disabled=is_disabled)
        if is_disabled:
            sign_ins.end_all(connection, user_id)
        now = database.now(connection)
        audit.append(
            connection, now, actor, "change_user", before.email, role=role, disabled=is_disabled
        )


def change_password(
    database: Database, user_id: uuid.UUID, current: str, new: str, *, keep: str
) -> None:
    """Set a user's own new password and sign out every other browser (but the sign-in `keep`)."""
    with database.read() as connection:
        user = existing(connection, user_id)
    if not passwords.matches(user.password_hash, current):
        raise ChangeRefused("The current password is wrong.")
    password_hash = passwords.new_hash(new, user.email)
    with database.write() as connection:
        users.change(connection, user_id, password_hash=password_hash)
        sign_ins.end_all(connection, user_id, keep)
        now = database.now(connection)
        audit.append(connection, now, user.email, "change_password", user.email)


def existing(connection: Connection, user_id: uuid.UUID) -> users.UserRow:
    """The user. Raises NotFound."""
    if user := users.by_id(connection, user_id):
        return user
    raise NotFound("User not found.")
