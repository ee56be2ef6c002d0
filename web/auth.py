"""Access to the API: bearer tokens, each with a role that includes the roles below it."""

from apiflask import HTTPTokenAuth

from pipeline.records.accounts import tokens
from pipeline.records.accounts.tokens import TokenRow
from web.services import here

bearer = HTTPTokenAuth(
    scheme="Bearer", realm="Parley", description="Create a token with `parley token add NAME`."
)


def at_least(role: str) -> list[str]:
    """The roles that include `role`."""
    return list(tokens.ROLES[tokens.ROLES.index(role) :])


def actor() -> str:
    """The name of the caller in logs and as the author of messages."""
    token = bearer.current_user
    return f"token:{token.name if token else ''}"


def _token(secret: str) -> TokenRow | None:
    if not secret:
        return None
    with here().runtime.database.read() as connection:
        return tokens.find(connection, secret)


def _role(token: TokenRow) -> str:
    return str(token.role)


bearer.verify_token(_token)
bearer.get_user_roles(_role)
