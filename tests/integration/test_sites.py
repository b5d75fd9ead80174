"""`pitcrew ingest https://…`: a site's pages are found like documents of a folder, and followed as they change."""

import json
from pathlib import Path

import pytest

from tests.serving import environment, pitcrew, prepared
from tests.web_site import Answer, html, web_site

OIL = "The Tern wants 4.2 litres of engine oil, changed every 18 months."


def test_a_site_is_read_searched_and_followed(ingested: Path, tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()  # no customers' questions, of which there are thousands to embed
    env = environment(prepared(ingested, tmp_path / "data"), PITCREW_KNOWLEDGE_DIR=str(tmp_path / "documents"))
    pages = {
        "/robots.txt": Answer("User-agent: *\nDisallow: /help/internal"),
        "/help/": html("Help", "oil", "tyres", "internal"),
        "/help/oil": html("Engine oil of the Tern", text=OIL),
        "/help/tyres": html("Tyres", text="Inflate the tyres of the Tern to 2.4 bar."),
        "/help/internal": html("Internal", text="Nobody may know."),
    }
    with web_site(pages) as site:
        address = f"{site.address}/help/"

        def ingest(*options: str, code: int = 0) -> str:
            done = pitcrew("ingest", address, "--subject", "maintenance", "--intranet", *options, env=env)
            assert done.returncode == code, done.stderr
            return done.stderr

        told = ingest()
        assert f"{address}: 3 read, 0 unchanged, 0 failed, 1 forbidden by robots.txt" in told
        assert "3 added" in told
        assert "Published as generation 1" in told
        found = json.loads(pitcrew("search", "engine oil of the Tern", "--json", "-k", "1", env=env).stdout)
        source = f"maintenance/127.0.0.1_{site.port}/help/oil.html"
        assert source in json.dumps(found)
        assert "4.2 litres" in json.dumps(found)
        assert OIL in pitcrew("docs", "show", source, env=env).stdout

        site.answers["/help/oil"] = html("Engine oil of the Tern", text=OIL.replace("4.2", "4.4"))
        site.answers["/help/tyres"] = Answer("", 500)
        told = ingest("--prune", code=3)
        assert "1 read, 1 unchanged, 1 failed" in told
        assert f"failed: {site.address}/help/tyres: The server says 500" in told
        assert "1 updated, 2 unchanged, 0 deleted" in told
        assert "4.4 litres" in pitcrew("docs", "show", source, env=env).stdout

        site.answers["/help/"] = html("Help", "oil")
        told = ingest("--prune")
        assert "1 gone" in told
        assert "1 deleted" in told

    gone = pitcrew("ingest", address, "--subject", "maintenance", "--intranet", "--prune", env=env)
    assert gone.returncode == 1
    assert "did not answer" in gone.stderr
    assert len(pitcrew("docs", "list", env=env).stdout.splitlines()) == 3


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("http://127.0.0.1:9/",), 1, "--intranet"),
        (("http://[::ffff:127.0.0.1]/",), 1, "private network"),
        (("https://ada:secret@example.com/",), 2, "Leave name and password out"),
        (("https://",), 2, "no address"),
        (("https://example.com/", "README.md"), 2, "by themselves"),
        (("https://example.com/", "--watch"), 2, "by themselves"),
        (("https://example.com/", "--dry-run"), 2, "by themselves"),
        (("https://example.com/", "--subject", "../etc"), 2, "one word"),
        (("https://example.com/", "--max-pages", "0"), 2, "max-pages"),
        (("knowledge_base", "--intranet"), 2, "belong to web addresses"),
        (("nowhere",), 2, "no file or folder 'nowhere'"),
    ],
)
def test_what_cannot_be_read_has_words(tmp_path: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    done = pitcrew("ingest", *arguments, env=environment(tmp_path / "data", COLUMNS="200"))
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr
