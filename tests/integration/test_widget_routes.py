"""The widget as browsers get it."""

import gzip
from pathlib import Path

import pytest

from tests.serving import ROOT, Served, prepared, serving

BUILT = ROOT / "api" / "pages" / "built" / "widget"


def test_any_page_may_load_the_script(server: Served) -> None:
    status, body, headers = server.request("GET", "/widget.js", Origin="https://shop.example")
    assert (status, body) == (200, (BUILT / "widget.js").read_bytes())
    assert headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_it_is_sent_compressed_and_not_sent_twice(server: Served) -> None:
    status, body, headers = server.request("GET", "/widget.js", Accept_Encoding="gzip, br")
    assert (status, headers["Content-Encoding"], headers["Vary"]) == (200, "gzip", "Accept-Encoding")
    assert gzip.decompress(body) == (BUILT / "widget.js").read_bytes()
    status, body, _ = server.request("GET", "/widget.js", If_None_Match=headers["ETag"])
    assert (status, body) == (304, b"")


def test_the_words_of_a_language(server: Served) -> None:
    assert server.get("/widget/de.json")[1] == (BUILT / "de.json").read_bytes()


@pytest.mark.parametrize("name", ["xx.json", "sources.sha256", "LICENSES.txt", "..%2fwidget.js", "%2e%2e/test.html"])
def test_nothing_else_is_served(server: Served, name: str) -> None:
    assert server.get(f"/widget/{name}")[0] == 404


def test_in_production_too_and_there_is_no_development_token(ingested: Path, tmp_path: Path) -> None:
    data = prepared(ingested, tmp_path / "data")
    settings = {
        "PITCREW_ENV": "production",
        "PITCREW_RATE_LIMITS": "on",
        "PITCREW_ALLOWED_ORIGINS": "https://shop.example",
    }
    with serving(data, **settings) as production:
        assert production.get("/widget.js")[0] == 200
        assert production.get("/widget/de.json")[0] == 200
        assert production.get("/ws/test/token")[0] == 404


def test_the_development_token_is_for_pages_of_this_machine_alone(server: Served) -> None:
    allowed = server.request("GET", "/ws/test/token", Origin="http://localhost:5500")[2]
    assert allowed["Access-Control-Allow-Origin"] == "http://localhost:5500"
    for origin in ("https://evil.example", "null", "http://localhost.evil.example"):
        headers = server.request("GET", "/ws/test/token", Origin=origin)[2]
        assert headers["Access-Control-Allow-Origin"] is None
