"""Tokens that end before their time, keys that change, and for whom tokens are made."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from api.access import published_keys
from api.access.auth import TokenRules, token_rules
from api.access.limits import FAILURES, CountedHere, QuickRate
from api.access.published_keys import PublishedKeys
from api.access.sign_in import SignIn
from api.settings import BadSetting, Settings
from orchestrator.errors import AuthInvalid, Overloaded
from tests.conversing import talking
from tests.serving import SECRET, Served, environment, pitcrew

SECONDS = 60


def revoked(served: Served, asked: dict[str, str], token: str | None = None) -> tuple[int, Any]:
    token = token or served.token("boss", role="admin")
    status, body, _ = served.request("POST", "/api/v1/staff/revocations", token, json.dumps(asked).encode())
    return status, json.loads(body)


async def test_a_user_s_tokens_end_at_once_and_newer_ones_are_good(server: Served) -> None:
    token, other = server.token("leaver"), server.token("stayer")
    async with talking(server.chat, token) as talk, talking(server.chat, other) as beside:
        status, told = await asyncio.to_thread(revoked, server, {"user_id": "leaver"})
        assert (status, told["kind"], told["name"]) == (201, "user", "leaver")
        assert await talk.closed(SECONDS) == 4403
        assert (await beside.call({"type": "ping", "timestamp": 1}))["type"] == "pong"
    assert server.get("/api/v1/sessions", token)[0] == 401
    assert server.get("/api/v1/sessions", other)[0] == 200
    await asyncio.sleep(1.1)  # a token of the same second counts as one from before
    async with talking(server.chat, server.token("leaver")):
        pass


async def test_one_token_ends_by_the_command_line_in_every_process(server: Served) -> None:
    token, other = server.token("two-tokens"), server.token("two-tokens")
    async with talking(server.chat, token) as talk, talking(server.chat, other) as beside:
        done = pitcrew("token", "--revoke", token, env=environment(server.data))
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert await talk.closed(SECONDS) == 4403
        assert (await beside.call({"type": "ping", "timestamp": 1}))["type"] == "pong"
    assert server.get("/api/v1/sessions", token)[0] == 401
    async with talking(server.chat) as talk:
        assert (await talk.call({"type": "auth", "token": token}))["code"] == "AUTH_INVALID"
        assert await talk.closed() == 4401


def test_what_is_no_revocation_is_refused(server: Served) -> None:
    for asked in ({}, {"user_id": "a", "token": "b"}, {"user_id": ""}, {"token": ""}, {"user_id": "a" * 300}):
        status, told = revoked(server, asked)
        assert (status, told["code"]) == (400, "BAD_REQUEST"), asked
    assert revoked(server, {"token": "x" * 300})[0] == 400
    for arguments in (["--user", "a", "--revoke-user", "b"], [], ["--revoke", "x" * 300]):
        assert pitcrew("token", *arguments, env=environment(server.data)).returncode == 2


# --- for whom, and for how long --------------------------------------------------------------------------------------


def production(**settings: Any) -> TokenRules:
    named = {"env": "production", "jwt_secret": SECRET, "jwt_issuer": "us", "jwt_audience": "pitcrew"} | settings
    return token_rules(Settings(_env_file=None, **named))


@pytest.mark.parametrize("missing", ["jwt_issuer", "jwt_audience"])
def test_production_wants_to_know_for_whom_tokens_are(missing: str) -> None:
    with pytest.raises(BadSetting, match=f"PITCREW_{missing.upper()}"):
        production(**{missing: ""})
    rules = production(**{missing: "off"})
    assert rules.verify(rules.issue("anna")).user_id == "anna"
    for claim, value in (("iss", "them"), ("aud", "another")):
        good = {"sub": "anna", "exp": int(time.time()) + 60, "iss": "us", "aud": "pitcrew"}
        with pytest.raises(AuthInvalid):
            production().verify(jwt.encode(good | {claim: value}, SECRET))


@pytest.mark.parametrize("later", [31 * 24 * 3600, 10**18, 2**63, 10**300, float("inf"), float("nan")])
def test_tokens_that_last_too_long_are_refused(later: float) -> None:
    rules = TokenRules(SECRET, "HS256")
    with pytest.raises(AuthInvalid):
        rules.verify(jwt.encode({"sub": "anna", "exp": later if later > 2**62 else time.time() + later}, SECRET))
    with pytest.raises(BadSetting, match="PITCREW_JWT_LIFETIME_S"):
        rules.issue("anna", ttl_s=31 * 24 * 3600)


async def test_who_fails_often_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    rules = TokenRules(SECRET, "HS256")
    door = SignIn(rules, failures=CountedHere(QuickRate(FAILURES)))
    monkeypatch.setattr(asyncio, "sleep", sleep)
    for _ in range(FAILURES.amount + 5):
        with pytest.raises(AuthInvalid):
            await door.verify("nonsense", "192.0.2.1")
    assert len(waits) == 5
    assert (await door.verify(rules.issue("anna"), "192.0.2.1")).user_id == "anna"  # a neighbour does not wait
    with pytest.raises(AuthInvalid):
        await door.verify("nonsense", "192.0.2.2")
    assert len(waits) == 5


# --- published keys --------------------------------------------------------------------------------------------------


class Issuer:
    """An issuer of tokens that publishes its keys on this machine."""

    def __init__(self) -> None:
        self.keys = {"one": rsa.generate_private_key(65537, 2048), "two": rsa.generate_private_key(65537, 2048)}
        self.published = ["one"]
        self.asked = 0
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked += 1
                keys = [
                    json.loads(RSAAlgorithm.to_jwk(issuer.keys[name].public_key())) | {"kid": name, "use": "sig"}
                    for name in issuer.published
                ]
                keys.append({"kty": "oct", "k": "eHh4" * 11, "kid": "shared", "alg": "HS256"})
                body = json.dumps({"keys": keys}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/jwks.json"

    def token(self, key: str, kid: str | None = None, **claims: Any) -> str:
        told = {"sub": "anna", "exp": int(time.time()) + 60} | claims
        return jwt.encode(told, self.keys[key], "RS256", headers={"kid": kid or key})


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    running = Issuer()
    yield running
    running.server.shutdown()
    running.server.server_close()


async def test_keys_are_fetched_kept_and_change(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    issuer.published, issuer.asked = ["one"], 0
    door = SignIn(TokenRules("", "RS256", published=PublishedKeys(issuer.url)))
    assert not door.rules.issues
    for _ in range(3):
        assert (await door.verify(issuer.token("one"))).user_id == "anna"
    assert issuer.asked == 1
    shared = jwt.encode({"sub": "anna", "exp": int(time.time()) + 60}, "x" * 33, "HS256", headers={"kid": "shared"})
    for bad in (issuer.token("two"), issuer.token("two", "one"), shared, "a.b.c", ""):
        with pytest.raises(AuthInvalid):
            await door.verify(bad)
    assert issuer.asked == 1  # whatever tokens name, the issuer is not asked more often
    monkeypatch.setattr(published_keys, "PAUSE_S", 0.0)
    issuer.published = ["two"]
    assert (await door.verify(issuer.token("two"))).user_id == "anna"
    with pytest.raises(AuthInvalid):
        await door.verify(issuer.token("one"))


async def test_an_issuer_that_does_not_answer(issuer: Issuer, tmp_path: Path) -> None:
    door = SignIn(TokenRules("", "RS256", published=PublishedKeys("http://127.0.0.1:9/jwks.json")))
    with pytest.raises(Overloaded):
        await door.verify(issuer.token("one"))
