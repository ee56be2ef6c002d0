"""/users: who may use the dashboard; for admins."""

import uuid
from typing import Any

from apiflask import APIBlueprint
from flask import request, url_for
from sqlalchemy import Row

from pipeline import accounts
from pipeline.accounts.users import existing
from pipeline.records.accounts import users as records
from web.api.shapes import accounts as shapes
from web.auth import actor, at_least, bearer
from web.services import here

users = APIBlueprint("users_api", __name__, tag="Users")


@users.get("/users")
@users.auth_required(bearer, roles=at_least("admin"))
@users.output(shapes.UserPage)
def list_users() -> dict[str, Any]:
    """List users

    All of them, by e-mail address.
    """
    with here().runtime.database.read() as connection:
        return {"items": records.listing(connection), "next": None}


@users.post("/users")
@users.auth_required(bearer, roles=at_least("admin"))
@users.input(shapes.NewUser, arg_name="new")
@users.output(shapes.Invitation, status_code=201)
@users.doc(responses={409: "Refused"})
def invite_user(new: dict[str, Any]) -> dict[str, str]:
    """Invite a user

    Answers with a link that works once, for 24 hours; its guest chooses the password. For
    somebody who is a user already it sets a new password, and the role stays.
    """
    runtime = here().runtime
    token = accounts.invite(runtime.database, new["email"], new["role"], actor=actor())
    base = runtime.settings.public_url or request.host_url.rstrip("/")
    return {"email": new["email"], "url": base + url_for("welcome.form", token=token)}


@users.patch("/users/<uuid:user_id>")
@users.auth_required(bearer, roles=at_least("admin"))
@users.input(shapes.UserChange, arg_name="change")
@users.output(shapes.User)
@users.doc(responses={409: "The only admin stays"})
def change_user(user_id: uuid.UUID, change: dict[str, Any]) -> Row[Any]:
    """Set the role or take the access away

    Who is disabled is signed out everywhere.
    """
    database = here().runtime.database
    accounts.change_user(
        database,
        user_id,
        actor=actor(),
        role=change.get("role", ""),
        is_disabled=change.get("disabled"),
    )
    with database.read() as connection:
        return existing(connection, user_id)


@users.post("/users/<uuid:user_id>/sign-out")
@users.auth_required(bearer, roles=at_least("admin"))
@users.output(shapes.User)
def sign_user_out(user_id: uuid.UUID) -> Row[Any]:
    """Sign a user out everywhere"""
    database = here().runtime.database
    with database.read() as connection:
        user = existing(connection, user_id)
    accounts.sign_out_everywhere(database, user_id, actor=actor())
    return user
