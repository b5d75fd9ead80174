"""Webhooks of the real server: signed, told again until they have come, and each of them once."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from api.access.operations import PREFIX
from tests.serving import Served, serving

SECRET = "a secret between two systems"


class Receiver:
    """An address that refuses the first request, and keeps what comes."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.came.append(({name.casefold(): value for name, value in self.headers.items()}, body))
                self.send_response(503 if len(outer.came) == 1 else 204)
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                return None

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def until(self, count: int, within_s: float = 30) -> None:
        ends = time.monotonic() + within_s
        while len(self.came) < count:
            assert time.monotonic() < ends, f"{len(self.came)} of {count} came"
            time.sleep(0.05)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


def ask(server: Served, method: str, path: str, token: str, body: Any = None) -> Any:
    sent = json.dumps(body or {}).encode() if method != "GET" else None
    status, answered, _ = server.request(method, path, token, sent)
    assert status < 300, answered
    return json.loads(answered) if answered else None


def test_webhooks(data: Path, receiver: Receiver) -> None:
    settings = {"PITCREW_WEBHOOK_URL": receiver.url, "PITCREW_WEBHOOK_SECRET": SECRET}
    with serving(data, **settings) as server:
        anna, boss = server.token("anna", name="Anna"), server.token("boss", role="admin")
        ask(server, "POST", "/api/v1/chat", anna, {"message": "I want to talk to a human being", "session_id": "s"})
        receiver.until(2)
        line = ask(server, "GET", f"{PREFIX}/conversations", boss)["conversations"][0]
        ask(server, "POST", f"{PREFIX}/conversations/{line['conversation_id']}/close", boss)
        receiver.until(3)
        time.sleep(2.5)
        assert len(receiver.came) == 3
        letters = [json.loads(body) for _, body in receiver.came]
        assert [letter["event"] for letter in letters] == ["handover", "handover", "close"]
        assert letters[0] == letters[1]
        assert letters[0]["data"]["reason"] == "request"
        assert letters[0]["data"]["customer_name"] == "Anna"
        for headers, body in receiver.came:
            at, _, given = headers["x-pitcrew-signature"].removeprefix("t=").partition(",v1=")
            expected = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
            assert (given, headers["x-pitcrew-delivery"]) == (expected, json.loads(body)["id"])
        listed = ask(server, "GET", f"{PREFIX}/webhooks/deliveries", boss)["deliveries"]
        assert sorted((one["event"], one["state"], one["attempts"]) for one in listed) == [
            ("close", "delivered", 1),
            ("handover", "delivered", 2),
        ]
