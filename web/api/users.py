"""/users: the users of the dashboard; for admins."""

import uuid

from pipeline.accounts.users import existing
from pipeline.records.accounts import users as records
from web.actions import table
from web.api.listing import Listing
from web.api.noun import Noun
from web.api.shapes import accounts as shapes
from web.auth import actor
from web.links import invitation_link
from web.services import here

users = Noun("users", "Users")


@users.get("/users")
@users.needs("admin")
@users.output(shapes.UserPage)
def list_users() -> object:
    """List users

    All of them, by e-mail address.
    """
    with here().runtime.database.read() as connection:
        return Listing(records.listing(connection))


@users.post("/users")
@users.needs(table.INVITE.role)
@users.takes(shapes.NewUser)
@users.output(shapes.Invitation, status_code=201)
@users.doc(responses={409: "Refused"})
def invite_user(email: str, role: str) -> object:
    """Invite a user

    Answers with a link that works once, for 24 hours; the invited person chooses a password. For
    an existing user it sets a new password, and the role stays.
    """
    token = table.INVITE(email, role, actor=actor())
    return {"email": email, "url": invitation_link(token)}


@users.patch("/users/<uuid:user_id>")
@users.needs(table.CHANGE_USER.role)
@users.takes(shapes.UserChange)
@users.output(shapes.User)
@users.doc(responses={409: "You can't remove the last active admin"})
def change_user(
    user_id: uuid.UUID, role: str = "", disabled: bool | None = None
) -> tuple[object, int]:
    """Change the role, or disable or enable a user

    A disabled user is signed out everywhere.
    """
    table.CHANGE_USER(user_id, actor=actor(), role=role, is_disabled=disabled)
    with here().runtime.database.read() as connection:
        return existing(connection, user_id), 200


@users.post("/users/<uuid:user_id>/sign-out")
@users.needs(table.SIGN_OUT_USER.role)
@users.output(shapes.User)
def sign_user_out(user_id: uuid.UUID) -> tuple[object, int]:
    """Sign a user out everywhere"""
    with here().runtime.database.read() as connection:
        user = existing(connection, user_id)
    table.SIGN_OUT_USER(user_id, actor=actor())
    return user, 200
