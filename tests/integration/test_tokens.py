"""Tokens that must not open the door, and what the log says of them: nothing."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.conversing import talking
from tests.serving import SECRET, Served, serving

NOW = int(time.time())
GOOD: dict[str, Any] = {"sub": "anna", "exp": NOW + 36_000}


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def forged(header: dict[str, Any], claims: dict[str, Any] = GOOD, key: bytes = SECRET.encode()) -> str:
    """A token with any header, signed by HMAC whatever the header says."""
    signed = f"{part(header)}.{part(claims)}"
    signature = hmac.new(key, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def claimed(**claims: Any) -> str:
    return jwt.encode({name: value for name, value in (GOOD | claims).items() if value is not ...}, SECRET)


UNSIGNED = {f"alg {alg!r}": f"{part({'alg': alg, 'typ': 'JWT'})}.{part(GOOD)}." for alg in ("none", "None", "NONE", "")}
OTHER = {
    "no algorithm": forged({"typ": "JWT"}),
    "HS384 in the header": forged({"alg": "HS384", "typ": "JWT"}),
    "RS256 in the header": forged({"alg": "RS256", "typ": "JWT"}),
    "another secret": forged({"alg": "HS256", "typ": "JWT"}, key=b"x" * 40),
    "own key in jwk": forged({"alg": "HS256", "jwk": {"kty": "oct", "k": "eHh4"}}, key=b"xxx"),
    "jku elsewhere": forged({"alg": "HS256", "jku": "http://127.0.0.1:9/keys"}, key=b"xxx"),
    "x5u elsewhere": forged({"alg": "HS256", "x5u": "http://127.0.0.1:9/cert"}, key=b"xxx"),
    "kid with a path": forged({"alg": "HS256", "kid": "../../../../dev/null"}, key=b""),
    "kid with SQL": forged({"alg": "HS256", "kid": "x' UNION SELECT 'a"}, key=b"a"),
    "unknown crit": forged({"alg": "HS256", "crit": ["x-new"], "x-new": 1}),
    "typ refresh": forged({"alg": "HS256", "typ": "refresh+jwt"}),
    "signature cut": claimed()[:-4],
    "payload changed": ".".join([claimed().split(".")[0], part(GOOD | {"sub": "admin"}), claimed().split(".")[2]]),
}
CLAIMS = {
    "no exp": claimed(exp=...),
    "no sub": claimed(sub=...),
    "sub a number": forged({"alg": "HS256"}, GOOD | {"sub": 5}),
    "sub empty": claimed(sub=""),
    "sub with NUL": claimed(sub="a\x00b"),
    "exp a text": forged({"alg": "HS256"}, GOOD | {"exp": "soon"}),
    "exp huge": forged({"alg": "HS256"}, GOOD | {"exp": 1e400}),
    "nbf in the future": claimed(nbf=NOW + 3600),
    "iat in the future": claimed(iat=NOW + 3600),
    "a refresh token": claimed(token_use="refresh"),
    "typ claim refresh": claimed(typ="Refresh"),
    "claims a list": forged({"alg": "HS256"}, [GOOD]),  # type: ignore[arg-type]
}
GARBAGE = {
    "9 kB": "a" * 9_000,
    "60 kB": "a" * 60_000,
    "dots": "...",
    "four parts": "a.b.c.d",
    "one part": "abc",
    "not ASCII": "täken.ü.ö",
    "NUL inside": "abc\u0001.def.ghi",
    "empty": "",
    "spaces": "   ",
    "not base64": "!!.@@.##",
}
CORPUS = UNSIGNED | OTHER | CLAIMS | GARBAGE


@pytest.mark.parametrize("token", CORPUS.values(), ids=CORPUS)
async def test_bad_tokens_by_frame(server: Served, token: str) -> None:
    async with talking(server.chat) as talk:
        answer = await talk.call({"type": "auth", "token": token})
        assert (answer["type"], answer["code"]) == ("auth_error", "AUTH_INVALID")
        assert await talk.closed() == 4401
    assert "Traceback" not in server.printed()


async def test_expired_token(server: Served) -> None:
    async with talking(server.chat) as talk:
        answer = await talk.call({"type": "auth", "token": claimed(exp=NOW - 3600)})
        assert (answer["type"], answer["code"]) == ("auth_error", "AUTH_EXPIRED")
        assert await talk.closed() == 4401


def test_bad_tokens_over_http(server: Served) -> None:
    for name, token in (UNSIGNED | OTHER | CLAIMS).items():
        status, body, headers = server.get("/api/v1/sessions", token)
        assert (status, json.loads(body)["code"]) == (401, "AUTH_INVALID"), name
        assert headers["WWW-Authenticate"] == "Bearer"


async def test_a_second_auth_refreshes_or_ends(server: Served) -> None:
    async with talking(server.chat, server.token("anna")) as talk:
        assert (await talk.call({"type": "auth", "token": server.token("anna")}))["type"] == "auth_success"
        assert (await talk.call({"type": "auth", "token": server.token("berta")}))["code"] == "FORBIDDEN"
        assert await talk.closed() == 4403


async def test_no_token_in_the_log(server: Served) -> None:
    token = server.token("logged")
    async with talking(f"{server.chat}?token={token}") as talk:
        await talk.receive()
    async with talking(f"{server.chat}?token={token}-spoilt") as talk:
        await talk.receive()
    server.get(f"/health?token={token}")
    printed = server.printed()
    assert token not in printed
    assert token[-30:] not in printed
    _, banner_end, log = printed.partition("Stop with Ctrl-C.")
    assert banner_end, "the banner, whose development link holds a token, is not told from the log"
    assert "token=" not in log


async def test_issuer_audience_type_and_public_key(data: Any) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    claims = GOOD | {"iss": "https://id.example", "aud": "pitcrew"}
    settings = {
        "PITCREW_JWT_PUBLIC_KEY": public.decode(),
        "PITCREW_JWT_ISSUER": "https://id.example",
        "PITCREW_JWT_AUDIENCE": "pitcrew",
        "PITCREW_JWT_TYPE": "at+jwt",
    }

    def signed(change: dict[str, Any], typ: str = "at+jwt") -> str:
        return jwt.encode(claims | change, private, algorithm="RS256", headers={"typ": typ})

    refused = {
        "signed with the public key": forged({"alg": "HS256", "typ": "at+jwt"}, claims, public),
        "wrong issuer": signed({"iss": "https://evil.example"}),
        "wrong audience": signed({"aud": "other"}),
        "wrong type": signed({}, "JWT"),
    }
    with serving(data, **settings) as served:
        for token in refused.values():
            async with talking(served.chat) as talk:
                assert (await talk.call({"type": "auth", "token": token}))["code"] == "AUTH_INVALID"
        async with talking(served.chat) as talk:
            assert (await talk.call({"type": "auth", "token": signed({})}))["type"] == "auth_success"
