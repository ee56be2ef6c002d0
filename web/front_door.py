"""Whether PUBLIC_URL leads to this installation: through DNS, TLS and the proxy, and to no other.

/healthz answers a challenge with a digest of it that only who knows SECRET_KEY can make.
"""

import hmac
import secrets
from hashlib import sha256

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

CHALLENGE = "X-Parley-Challenge"
PROOF = "X-Parley-Proof"
_LONGEST = 64
_SECONDS = urllib3.Timeout(connect=5.0, read=5.0)
_AT_FAULT = (
    (NameResolutionError, "its host name is unknown; check DNS and PUBLIC_URL"),
    (NewConnectionError, "nothing answers there; start `parley web` and the proxy"),
    (SSLError, "its certificate is not valid; renew it, with its whole chain"),
    ((ConnectTimeoutError, ReadTimeoutError), "no answer in 5 s; check the firewall and the proxy"),
)


def proof(secret_key: str, challenge: str) -> str:
    """The answer to a challenge; "" to anything else."""
    is_challenge = challenge.isalnum() and challenge.isascii() and len(challenge) <= _LONGEST
    if not (secret_key and is_challenge):
        return ""
    return hmac.new(secret_key.encode(), f"healthz:{challenge}".encode(), sha256).hexdigest()


def problem(public_url: str, secret_key: str) -> str:
    """What is wrong on the way to this installation, and what to do; "" for nothing."""
    challenge = secrets.token_hex(16)
    try:
        with urllib3.PoolManager(retries=False, timeout=_SECONDS) as pool:
            answer = pool.request(
                "GET", f"{public_url}/healthz", headers={CHALLENGE: challenge}, redirect=False
            )
    except HTTPError as error:
        found = (words for kinds, words in _AT_FAULT if isinstance(error, kinds))
        return next(found, f"no connection ({type(error).__name__}); start `parley web`, or fix it")
    if answer.headers.get(PROOF, "") == proof(secret_key, challenge):
        return ""
    if 300 <= answer.status < 400:
        return f"it redirects to {answer.headers.get('Location', '?')}; set PUBLIC_URL to that"
    if answer.status != 200:
        return f"it answers {answer.status}; check the proxy, and that `parley web` runs behind it"
    return (
        "something else answers, or an installation with another SECRET_KEY; check the proxy, "
        "PUBLIC_URL and SECRET_KEY, and restart `parley web` after a change"
    )
