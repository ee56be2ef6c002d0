"""Invitations: a link that works once, to create an account or set a new password."""

from datetime import timedelta

from pipeline.accounts import passwords, secret
from pipeline.accounts.sign_in import begin
from pipeline.accounts.users import address, create, known_role
from pipeline.database import Database
from pipeline.errors import ChangeRefused
from pipeline.records.accounts import audit, invitations, sign_ins, users

INVITED_FOR = timedelta(hours=24)
_GONE = "This link was used or has expired. Ask an admin for a new one."


def invite(database: Database, email: str, role: str = "", *, actor: str) -> str:
    """Create the token of a link, for a new user or for a user's new password.

    An earlier link for the address stops working.
    """
    email = address(email)
    with database.write() as connection:
        user = users.by_email(connection, email)
        if user and user.is_disabled:
            raise ChangeRefused(f"{email} is disabled. Enable the user first.")
        role = user.role if user else known_role(role)
        now = database.now(connection)
        token = secret.new()
        invitations.prune(connection, now)
        invitations.withdraw(connection, email)
        invitations.add(
            connection,
            token_hash=secret.hashed(token),
            email=email,
            role=role,
            created_by=actor,
            created_at=now,
            expires_at=now + INVITED_FOR,
        )
        audit.append(connection, now, actor, "invite", email, role=role)
    return token


def invite_first_admin(database: Database) -> str:
    """Create the token of the first admin's link; "" once there is an admin."""
    with database.write() as connection:
        if users.has_admin(connection):
            return ""
        now = database.now(connection)
        token = secret.new()
        invitations.withdraw(connection, "")
        invitations.add(
            connection,
            token_hash=secret.hashed(token),
            email="",
            role="admin",
            created_by="parley up",
            created_at=now,
            expires_at=now + INVITED_FOR,
        )
    return token


def invitation(database: Database, token: str) -> invitations.InvitationRow:
    """Return the invitation of a link. Raises ChangeRefused if it was used or has expired."""
    with database.read() as connection:
        found = invitations.find(connection, secret.hashed(token), database.now(connection))
    if found is None:
        raise ChangeRefused(_GONE)
    return found


def accept(database: Database, token: str, email: str, password: str, *, agent: str) -> str:
    """Create the user, or set the password, and return the token of a new sign-in."""
    found = invitation(database, token)
    email = found.email or address(email)
    password_hash = passwords.new_hash(password, email)
    with database.write() as connection:
        now = database.now(connection)
        if not invitations.take(connection, secret.hashed(token), now):
            raise ChangeRefused(_GONE)
        user = users.by_email(connection, email)
        if user is None:
            user_id = create(connection, database, (email, found.role, password_hash), email)
        elif not found.email or user.is_disabled:
            # The first admin's link must not take over an existing account.
            raise ChangeRefused(f"{email} already has an account.")
        else:
            user_id = user.id
            users.change(connection, user_id, password_hash=password_hash)
            sign_ins.end_all(connection, user_id)
            audit.append(connection, now, email, "change_password", email)
        return begin(connection, user_id, email, agent, now)
