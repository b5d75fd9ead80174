"""Signing in: a token or ticket in, an identity out, unless it was revoked. Who fails often is answered slowly."""

import asyncio

import structlog

from api.access.auth import TOKEN_BYTES, Identity, TokenRules
from api.access.limits import CountedHere, Unlimited, UserRate
from api.access.refusals import Refusals
from api.access.revoked import Revoked
from orchestrator.errors import AuthInvalid, PitcrewError

log = structlog.get_logger()

PAUSE_S = 1.0
"""How long who has failed too often waits for each further refusal."""


class SignIn:
    """`failures` is the rate at which an address may fail before it has to wait."""

    def __init__(self, rules: TokenRules, revoked: Revoked | None = None, failures: UserRate | None = None) -> None:
        self.rules = rules
        self.revoked = revoked or Revoked()
        self._failures = failures or CountedHere(Unlimited())
        self.refused = 0
        """Sign-ins that were refused."""
        self.refusals = Refusals()

    async def verify(self, token: str, address: str = "") -> Identity:
        """The user of a token that somebody at this address shows. Raises AuthInvalid, AuthExpired, and Overloaded
        where the issuer's keys cannot be had."""
        try:
            if self.rules.published is not None and len(token) <= TOKEN_BYTES:
                await self.rules.published.prepare(token)
            return self.admitted(self.rules.verify(token))
        except PitcrewError as error:
            self.refused += 1
            self.refusals.count(address, error.code)
            log.info("sign_in_refused", code=error.code, address=address)
            if await self._failures.take(address):
                await asyncio.sleep(PAUSE_S)
            raise

    def admitted(self, identity: Identity) -> Identity:
        """The identity. Raises AuthInvalid if its token, or the user's tokens of its time, were revoked."""
        if self.revoked.covers(identity):
            raise AuthInvalid
        return identity
