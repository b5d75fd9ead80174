"""The staff's console as browsers get it."""

import gzip
import re
from pathlib import Path

import pytest

from tests.serving import ROOT, Served, prepared, serving

BUILT = ROOT / "api" / "pages" / "built" / "console"


def test_the_page_lets_nothing_in_but_its_own_files(server: Served) -> None:
    status, body, headers = server.get("/staff")
    assert status == 200
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "connect-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    page = body.decode()
    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    assert re.search(r"<style|\sstyle=|\son\w+=", page) is None
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert address.startswith("/staff/")
        assert server.get(address)[0] == 200


@pytest.mark.parametrize(("name", "kind"), [("console.js", "text/javascript"), ("console.css", "text/css")])
def test_its_files_are_sent_compressed_and_not_sent_twice(server: Served, name: str, kind: str) -> None:
    status, body, headers = server.request("GET", f"/staff/{name}", Accept_Encoding="gzip, br")
    assert (status, gzip.decompress(body)) == (200, (BUILT / name).read_bytes())
    assert headers["Content-Type"].startswith(kind)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-cache"
    assert server.request("GET", f"/staff/{name}", If_None_Match=headers["ETag"])[:2] == (304, b"")


@pytest.mark.parametrize("name", ["sources.sha256", "LICENSES.txt", "..%2fwidget.js", "%2e%2e/test.html", "x.js"])
def test_nothing_else_is_served(server: Served, name: str) -> None:
    assert server.get(f"/staff/{name}")[0] in {307, 404}


def test_in_production_too_and_there_is_no_link_that_signs_in(ingested: Path, tmp_path: Path) -> None:
    data = prepared(ingested, tmp_path / "data")
    settings = {"PITCREW_ENV": "production", "PITCREW_ALLOWED_ORIGINS": "https://shop.example"}
    with serving(data, PITCREW_RATE_LIMITS="on", **settings) as production:
        assert production.get("/staff")[0] == 200
        assert production.get("/staff/console.js")[0] == 200
        assert "/staff#token=" not in production.printed()


def test_in_development_the_server_prints_a_link_that_signs_in(server: Served) -> None:
    assert server.prints("Staff console:")
    [token] = re.findall(r"/staff#token=(\S+)", server.printed())
    assert server.get("/api/v1/staff/me", token)[0] == 200
