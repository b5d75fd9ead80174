"""Who is calling: bearer tokens (JWT) in, identities out.

The algorithm and the key come from the settings, never from the token; its header is trusted for nothing (RFC 8725).
"""

import hashlib
import math
import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from api.access.published_keys import PublishedKeys
from api.settings import LIFETIME_S, SECRET_BYTES, BadSetting, Settings
from orchestrator.commands import GUEST, Caller
from orchestrator.errors import AuthExpired, AuthInvalid

TOKEN_BYTES = 8 * 1024
LEEWAY_S = 30
EXPIRY_GRACE_S = 30
"""Seconds that an open connection may last beyond its token, so that the client can show a new one."""
GUESTS_STAY = 2**53
ID_CHARS = 255
UNCHECKED = "off"
"""What issuer and audience are set to where tokens have none."""
ROLES = ("customer", "staff", "admin")


@dataclass(frozen=True, slots=True)
class Identity:
    """The user of a verified token; `expires` and `issued` are its `exp` and `iat` in Unix seconds (0: it has no
    `iat`), `token_id` its `jti`, or a digest of it where it has none."""

    user_id: str
    email: str
    name: str
    role: str
    expires: int
    token_id: str = ""
    issued: int = 0

    @property
    def caller(self) -> "SignedIn":
        """Who it is for the engine."""
        return SignedIn(self.user_id, self.role, self.name, self.email, until=self.expires + EXPIRY_GRACE_S)


@dataclass(frozen=True, slots=True)
class SignedIn(Caller):
    """A caller whose connections last `until` then, in Unix seconds."""

    until: float = math.inf


def guest(key: str) -> Identity:
    """Somebody who has shown no token: a customer, the same one for the same `key`, nobody seen before for ""."""
    return Identity(GUEST + (key or secrets.token_hex(16)), "", "Guest", "customer", GUESTS_STAY)


def payer(who: Identity, host: str | None) -> str:
    """Whose rates a message counts for: guests, who make their own names, are one for each address."""
    return f"{GUEST}{host or ''}" if who.user_id.startswith(GUEST) else who.user_id


def _unobserved(code: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class TokenRules:
    """How tokens are verified and, with a secret, issued. With `published` keys those verify, and `key` does not count;
    a token of more than `lifetime_s` to come is refused. `refused` is told the error's code of each bad one."""

    key: str
    algorithm: str
    issuer: str = ""
    audience: str = ""
    type: str = ""
    lifetime_s: int = LIFETIME_S
    published: PublishedKeys | None = None
    refused: Callable[[str], None] = _unobserved

    def verify(self, token: str) -> Identity:
        """The token's user. Raises AuthInvalid or AuthExpired; never anything else, whatever the token is."""
        try:
            return self._verified(token)
        except (AuthInvalid, AuthExpired) as error:
            self.refused(error.code)
            raise

    def _verified(self, token: str) -> Identity:
        if not token or len(token) > TOKEN_BYTES or not token.isascii():
            raise AuthInvalid
        published = self.published.key_of(token) if self.published is not None else None
        try:
            decoded = jwt.decode_complete(
                token,
                self.key if published is None else published,
                algorithms=[self.algorithm if published is None else str(published.algorithm_name)],
                issuer=self.issuer or None,
                audience=self.audience or None,
                leeway=LEEWAY_S,
                options={"require": ["exp", "sub"], "verify_aud": bool(self.audience)},
            )
        except jwt.ExpiredSignatureError as error:
            raise AuthExpired from error
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise AuthInvalid from error
        return self._identity(token, decoded["header"], decoded["payload"])

    def _identity(self, token: str, header: dict[str, Any], claims: dict[str, Any]) -> Identity:
        kinds = {str(header.get("typ", "")).lower(), str(claims.get("typ", "")).lower()}
        refresh = any("refresh" in kind for kind in kinds) or claims.get("token_use") == "refresh"
        if refresh or (self.type and self.type.lower() not in kinds):
            raise AuthInvalid
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= 255 or "\x00" in subject or not _encodable(subject):
            raise AuthInvalid
        if subject.startswith(GUEST):
            raise AuthInvalid
        expires = int(claims["exp"])
        if expires > time.time() + self.lifetime_s + LEEWAY_S:
            raise AuthInvalid
        role = claims.get("role")
        return Identity(
            user_id=subject,
            email=_text(claims.get("email")),
            name=_text(claims.get("name")),
            role=role if isinstance(role, str) and role in ROLES else "customer",
            expires=expires,
            token_id=id_of(token, claims),
            issued=int(claims.get("iat", 0)),
        )

    @property
    def issues(self) -> bool:
        """Whether tokens can be issued here: with a shared secret, not with a public key."""
        return self.algorithm == "HS256"

    def issue(self, user: str, *, name: str = "", email: str = "", role: str = "customer", ttl_s: int = 3600) -> str:
        """A token for `user`. Raises BadSetting where only public keys are known, or the token would last too long."""
        if not self.issues:
            raise BadSetting("Tokens are verified with a public key: only the holder of its private key issues them.")
        if ttl_s > self.lifetime_s:
            raise BadSetting(f"No token lasts longer than {self.lifetime_s} s (PITCREW_JWT_LIFETIME_S).")
        now = int(time.time())
        claims: dict[str, Any] = {
            "sub": user,
            "name": name,
            "email": email,
            "role": role,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + ttl_s,
        }
        claims |= {"iss": self.issuer} if self.issuer else {}
        claims |= {"aud": self.audience} if self.audience else {}
        headers = {"typ": self.type} if self.type else None
        return jwt.encode(claims, self.key, algorithm=self.algorithm, headers=headers)


def id_of(token: str, claims: Mapping[str, Any]) -> str:
    """The name by which a token is revoked: its `jti`, or where it has none, or one that is too long, a digest."""
    own = claims.get("jti")
    if isinstance(own, str) and 0 < len(own) <= ID_CHARS and own.isascii():
        return own
    return hashlib.sha256(token.encode()).hexdigest()


def named_token(text: str) -> str:
    """The name of a token that somebody wants to revoke, who gives the token itself or its name."""
    try:
        return id_of(text, jwt.decode(text, options={"verify_signature": False}))
    except (jwt.PyJWTError, ValueError, RecursionError):
        return text


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(claim: object) -> str:
    return claim[:255] if isinstance(claim, str) and _encodable(claim) else ""


def token_rules(settings: Settings) -> TokenRules:
    """The rules that the settings ask for. In development an absent secret is made once and kept in the data directory.

    Raises BadSetting in production for a missing or short secret, and where it is not said for whom tokens are.
    """
    if settings.production:
        for name, value in (("ISSUER", settings.jwt_issuer), ("AUDIENCE", settings.jwt_audience)):
            if not value:
                raise BadSetting(
                    f"PITCREW_JWT_{name} is missing: without it a token for another service is good here too. "
                    f"Set it to the `{'iss' if name == 'ISSUER' else 'aud'}` of your tokens, or to `{UNCHECKED}` if "
                    "they have none."
                )
    key, algorithm, published = settings.jwt_public_key, "RS256", None
    if settings.jwt_jwks_url:
        published = PublishedKeys(settings.jwt_jwks_url)
    elif not key:
        key, algorithm = settings.jwt_secret.get_secret_value(), "HS256"
        if not key and not settings.production:
            key = _development_secret(settings.data_dir)
        if len(key.encode()) < SECRET_BYTES:
            what = "is missing" if not key else f"is shorter than {SECRET_BYTES} bytes"
            raise BadSetting(
                f"PITCREW_JWT_SECRET {what}. Set it to a long random text, for example the output of "
                f"`python3 -c 'import secrets; print(secrets.token_urlsafe(48))'`."
            )
    issuer, audience = ("" if name == UNCHECKED else name for name in (settings.jwt_issuer, settings.jwt_audience))
    return TokenRules(key, algorithm, issuer, audience, settings.jwt_type, settings.jwt_lifetime_s, published)


def _development_secret(data_dir: Path) -> str:
    path = data_dir / "development-secret"
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        secret = secrets.token_urlsafe(48)
        file.write(secret)
    return secret
