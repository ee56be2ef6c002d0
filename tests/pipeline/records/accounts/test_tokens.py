"""API tokens: the secret is shown once, and the database holds only its hash."""

from datetime import UTC, datetime

import pytest

from pipeline.database import Database
from pipeline.errors import ChangeRefused
from pipeline.records.accounts import tokens
from pipeline.records.accounts.tokens import Token
from tests.builders import rows

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_secret_is_not_kept(database: Database) -> None:
    with database.write() as connection:
        secret = tokens.add(connection, "ci", "operator", NOW)
    (token,) = rows(database, Token)
    assert secret not in str(token)
    assert secret.removeprefix("parley_") not in str(token)
    assert len(token.secret_hash) == 64


def test_token_is_found_by_its_secret_only(database: Database) -> None:
    with database.write() as connection:
        secret = tokens.add(connection, "ci", "operator", NOW)
        found = tokens.find(connection, secret)
        assert found is not None
        assert (found.name, found.role, found.created_at) == ("ci", "operator", NOW)
        for wrong in ("", secret[:-1], secret + "x", found.secret_hash, secret.upper()):
            assert tokens.find(connection, wrong) is None


def test_names_are_used_once(database: Database) -> None:
    with database.write() as connection:
        tokens.add(connection, "ci", "operator", NOW)
        with pytest.raises(ChangeRefused, match="'ci'"):
            tokens.add(connection, "ci", "viewer", NOW)


def test_secrets_are_long_and_differ(database: Database) -> None:
    with database.write() as connection:
        secrets = {tokens.add(connection, str(n), "viewer", NOW) for n in range(20)}
    assert len(secrets) == 20
    assert min(len(secret) for secret in secrets) >= 50
