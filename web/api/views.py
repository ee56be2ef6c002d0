"""Rows as the API shows them; shapes.py says the same as a schema."""

from typing import Any

from sqlalchemy import Row

from pipeline.botkit import Bot


def contact(row: Row[Any]) -> dict[str, Any]:
    """A contact with what they have opted out of."""
    opt_outs = [
        {"channel": scope.partition(" ")[0], "number": scope.partition(" ")[2], "at": at}
        for scope, at in row.opt_outs.items()
    ]
    return {
        **row._asdict(),
        "address": row.key,
        "blocked": row.is_blocked,
        "opted_out": bool(opt_outs),
        "opt_outs": opt_outs,
    }


def conversation(row: Row[Any], bot: Bot) -> dict[str, Any]:
    """A conversation with whether the bot knows its state."""
    return {
        **row._asdict(),
        "held_by": row.held_by or None,
        "unread": row.is_unread,
        "failed": row.has_failed,
        "state_known": bot.definition.known(row.state) is not None,
    }


def message(row: Row[Any]) -> dict[str, Any]:
    """A message under its public id; no error is null."""
    return {
        **row._asdict(),
        "id": row.public_id,
        "media": [{"content_type": "", "name": "", **item} for item in row.media],
        "choices": [
            {name: choice[name] for name in ("number", "id", "title")}
            for choice in row.content.get("choices", ())
        ],
        "error_code": row.error_code or None,
        "error": row.error or None,
    }


def transition(row: Row[Any]) -> dict[str, Any]:
    """A change of state."""
    return row._asdict()
