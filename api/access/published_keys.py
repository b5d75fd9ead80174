"""The keys that an issuer of tokens publishes at an address (JWKS, RFC 7517), fetched beside the event loop and kept.

Which key verifies is told by the token's `kid`; what it can do, by the key alone. A key that is published no more is
forgotten with the next fetch.
"""

import asyncio
import time

import jwt
import structlog

from orchestrator.errors import AuthInvalid, Overloaded

log = structlog.get_logger()

KEPT_S = 300.0
"""After so many seconds the keys are fetched again, when a token comes."""
PAUSE_S = 10.0
"""Between two fetches, whatever tokens name."""
FETCH_S = 5.0
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
"""Those of which the public half is no secret."""


class PublishedKeys:
    """The keys of the issuer at `url`, by their `kid`."""

    def __init__(self, url: str) -> None:
        self._client = jwt.PyJWKClient(url, cache_keys=False, cache_jwk_set=False, timeout=FETCH_S)
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched = self._tried = -float("inf")
        self._turn = asyncio.Lock()

    def key_of(self, token: str) -> jwt.PyJWK:
        """The key that a token names. Raises AuthInvalid for one that is not published, Overloaded while none could be
        fetched."""
        key = self._keys.get(_named(token))
        if key is None:
            raise AuthInvalid if self._keys else Overloaded
        return key

    async def prepare(self, token: str) -> None:
        """Fetch the keys where they are old, or do not have the one that the token names. That the issuer does not
        answer is logged: the keys that are known stay good."""
        if not self._wanting(token):
            return
        async with self._turn:
            if not self._wanting(token):
                return
            self._tried = time.monotonic()
            try:
                found = await asyncio.to_thread(self._client.get_signing_keys)
            except (jwt.PyJWTError, OSError, ValueError) as error:
                log.warning("keys_not_fetched", reason=type(error).__name__)
                return
            self._keys = {str(key.key_id): key for key in found if key.key_id and key.algorithm_name in ALGORITHMS}
            self._fetched = self._tried

    def _wanting(self, token: str) -> bool:
        now = time.monotonic()
        if now - self._tried < PAUSE_S:
            return False
        return now - self._fetched > KEPT_S or _named(token) not in self._keys


def _named(token: str) -> str:
    try:
        name = jwt.get_unverified_header(token).get("kid")
    except (jwt.PyJWTError, ValueError, RecursionError):
        return ""
    return name if isinstance(name, str) else ""
