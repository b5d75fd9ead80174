"""What the test page asks the server for beside its sockets."""

import gzip
import json
from typing import Any

import pytest

from tests.serving import ROOT, Served

DRAWING = ROOT / "api" / "pages" / "built" / "drawing"

CHART = {
    "data": {"values": [{"a": "x", "b": 1}]},
    "mark": "bar",
    "encoding": {"x": {"field": "a"}, "y": {"field": "b", "type": "quantitative"}},
}


def posted(server: Served, body: bytes, path: str = "/api/v1/charts", token: str | None = None) -> tuple[int, Any, Any]:
    return server.request("POST", path, token, body)


def test_a_chart_is_drawn_for_a_guest(server: Served) -> None:
    status, body, headers = posted(server, json.dumps(CHART).encode(), "/api/v1/charts?theme=dark")
    assert (status, headers["Content-Type"]) == (200, "image/svg+xml")
    assert body.startswith(b"<svg ")
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff\xfe", 400),
        (b"[]", 400),
        (b'{"data": {"url": "https://example.org/"}}', 400),
        (b'{"a": "' + b"x" * 300_000 + b'"}', 413),
    ],
    ids=["empty", "no UTF-8", "a list", "an address", "too long"],
)
def test_what_is_no_chart(server: Served, body: bytes, status: int) -> None:
    answered, problem, headers = posted(server, body)
    assert (answered, headers["Content-Type"]) == (status, "application/problem+json")
    assert json.loads(problem)["status"] == status


def test_a_token_that_is_none_does_not_make_a_guest(server: Served) -> None:
    for path in ("/api/v1/agents", "/api/v1/datasets"):
        assert server.get(path, "nonsense")[0] == 401
    assert posted(server, b"{}", token="nonsense")[0] == 401


def test_agents_and_datasets_are_listed(server: Served) -> None:
    names = {one["name"] for one in json.loads(server.get("/api/v1/agents")[1])["agents"]}
    assert {"specs", "maintenance"} <= names
    assert not names & {"analyst", "explorer"}
    asked = json.loads(server.get("/api/v1/agents?dialect=explorer", server.token())[1])["agents"]
    assert json.loads(server.get("/api/v1/agents?wire=explorer", server.token())[1])["agents"] == asked
    assert "explorer" in {one["name"] for one in asked}
    found = json.loads(server.get("/api/v1/datasets", server.token())[1])
    assert found["all"] == "all"
    assert all(one["name"] and one["description"] for one in found["datasets"])


def test_the_page_and_its_frame_let_nothing_in(server: Served) -> None:
    for path, words in {
        "/ws/test": ["script-src 'self';", "style-src 'self';", "frame-ancestors 'none'"],
        "/ws/test/drawing": ["script-src 'self';", "sandbox allow-scripts;", "frame-ancestors 'self'"],
    }.items():
        status, _, headers = server.get(path)
        policy = headers["Content-Security-Policy"]
        assert status == 200
        assert policy.startswith("default-src 'none'")
        assert all(word in policy for word in words)
        assert "unsafe-eval" not in policy
    assert "unsafe-inline" not in server.get("/ws/test")[2]["Content-Security-Policy"]
    assert "connect-src" not in server.get("/ws/test/drawing")[2]["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["diagram.js", "chart.js"])
def test_what_draws_comes_compressed_and_not_twice(server: Served, name: str) -> None:
    path, kept = f"/ws/test/drawing/{name}", (DRAWING / f"{name}.gz").read_bytes()
    status, body, headers = server.request("GET", path, Accept_Encoding="gzip, br")
    assert (status, body) == (200, kept)
    assert (headers["Content-Encoding"], headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert server.request("GET", path, If_None_Match=headers["ETag"])[:2] == (304, b"")
    status, body, headers = server.request("GET", path, Accept_Encoding="identity")
    assert (status, headers["Content-Encoding"]) == (200, None)
    assert body == gzip.decompress(kept)


@pytest.mark.parametrize(
    "name",
    ["nothing.js", "..%2ftest.js", "..%2f..%2fapp.py", "%2e%2e/test.html", "diagram.js.gz", "sources.sha256"],
)
def test_only_what_draws_is_served(server: Served, name: str) -> None:
    assert server.get(f"/ws/test/drawing/{name}")[0] == 404
