"""A site on loopback is read: its links, its sitemaps, its wishes, and what has become of it since."""

import gzip
from pathlib import Path

import pytest

from rag.ingestion.web.address import normal
from rag.ingestion.web.crawl import Crawl, Crawled
from rag.ingestion.web.mirror import Mirror
from rag.ingestion.web.network import Network, Unfetched
from tests.web_site import Answer, Site, html, sitemap, web_site


def crawled(site: Site, folder: Path, path: str = "/", most: int = 100, *, prune: bool = False) -> Crawled:
    network = Network(private=True, sleep=lambda seconds: None)
    start = normal(site.address + path)
    try:
        return Crawl(start, Mirror(folder), network, most_pages=most, sleep=lambda seconds: None).run(
            lambda done, total, current: None, prune=prune
        )
    finally:
        network.close()


def files(folder: Path) -> set[str]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in found if not path.name.startswith(".")}


def test_links_are_followed_below_the_address_and_nowhere_else(tmp_path: Path) -> None:
    pages = {
        "/help/": html(
            "Help", "oil", "/help/tyres.html#pressure", "../shop", "https://elsewhere.example/", "mailto:a@b.c"
        ),
        "/help/oil": html("Oil", "/help/", "oil?utm_source=x", "manual.pdf"),
        "/help/tyres.html": html("Tyres", "/help/gone", "brakes"),
        "/help/manual.pdf": Answer(b"%PDF-1.4 x", headers={"Content-Type": "application/pdf"}),
        "/help/brakes": html("Brakes", "logo.png"),
        "/help/logo.png": Answer(b"\x89PNG", headers={"Content-Type": "image/png"}),
        "/shop": html("Shop"),
    }
    with web_site(pages) as site:
        done = crawled(site, tmp_path, "/help/")
        assert files(tmp_path) == {
            f"help/{name}" for name in ("index.html", "oil.html", "tyres.html", "brakes.html", "manual.pdf")
        }
        assert (done.read, done.unread, done.elsewhere, done.failed) == (5, 1, 2, [])
        assert "/shop" not in site.paths
        assert site.paths[0] == "/robots.txt"


def test_the_pages_of_a_sitemap_are_read_and_their_links_are_not(tmp_path: Path) -> None:
    with web_site({}) as site:
        at = site.address
        site.answers |= {
            "/sitemap.xml": sitemap(f"{at}/a.xml", f"{at}/b.xml.gz", "https://elsewhere.example/c.xml", index=True),
            "/a.xml": sitemap(f"{at}/one", f"{at}/two", "https://elsewhere.example/three"),
            "/b.xml.gz": Answer(gzip.compress(sitemap(f"{at}/four").body.encode())),  # type: ignore[union-attr]
            "/one": html("One", "/not-listed"),
            "/two": html("Two"),
            "/four": html("Four"),
            "/not-listed": html("Not listed"),
        }
        network = Network(
            private=True,
            resolve=lambda host, port: ["127.0.0.1"] if host == "127.0.0.1" else [],
            sleep=lambda seconds: None,
        )
        done = Crawl(
            normal(f"{at}/sitemap.xml"), Mirror(tmp_path), network, most_pages=9, sleep=lambda seconds: None
        ).run(lambda *told: None)
        network.close()
        assert files(tmp_path) == {"one.html", "two.html", "four.html"}
        assert [failure.id for failure in done.failed] == ["https://elsewhere.example/c.xml"]
        assert done.elsewhere == 1


def test_what_a_site_asks_for_is_done(tmp_path: Path) -> None:
    pages = {
        "/robots.txt": Answer("User-agent: *\nDisallow: /private\nCrawl-delay: 3\n"),
        "/": html("Start", "/private/a", "/draft", "/header", "/dead-end"),
        "/private/a": html("Private"),
        "/draft": html("Draft", "/beyond", head='<meta name="robots" content="noindex">'),
        "/beyond": html("Beyond"),
        "/header": Answer("<p>No</p>", headers={"Content-Type": "text/html", "X-Robots-Tag": "none"}),
        "/dead-end": html("Dead end", "/secret", head='<meta name="ROBOTS" content="NOFOLLOW">'),
        "/secret": html("Secret"),
    }
    with web_site(pages) as site:
        waits: list[float] = []
        network = Network(private=True)
        done = Crawl(normal(site.address), Mirror(tmp_path), network, most_pages=9, sleep=waits.append).run(
            lambda *told: None
        )
        network.close()
        assert files(tmp_path) == {"index.html", "beyond.html", "dead-end.html"}
        assert (done.forbidden, done.unwanted) == (1, 2)
        assert not {"/private/a", "/secret"} & set(site.paths)
        assert set(waits) == {3.0}


def test_the_second_time_only_what_has_changed_is_read(tmp_path: Path) -> None:
    tagged = html("Tagged", "/inner")
    pages = {
        "/": html("Start", "/tagged", "/plain", "/old"),
        "/tagged": Answer(tagged.body, headers={**tagged.headers, "ETag": '"1"'}),
        "/inner": html("Inner"),
        "/plain": html("Plain"),
        "/old": html("Old"),
    }
    with web_site(pages) as site:
        assert crawled(site, tmp_path).read == 5
        site.answers |= {"/": html("Start", "/tagged", "/plain"), "/plain": html("Plain", text="new")}
        del site.answers["/old"]
        again = crawled(site, tmp_path)
        assert (again.read, again.unchanged, again.gone) == (2, 2, 0)
        assert dict(site.asked[-1][1]).get("if-none-match") is None
        assert any(told.get("if-none-match") == '"1"' for _, told in site.asked)
        assert "old.html" in files(tmp_path)
        pruned = crawled(site, tmp_path, prune=True)
        assert (pruned.unchanged, pruned.gone) == (4, 1)
        assert files(tmp_path) == {"index.html", "tagged.html", "inner.html", "plain.html"}


def test_a_site_that_falters_loses_nothing(tmp_path: Path) -> None:
    pages = {"/": html("Start", "/a", "/b"), "/a": html("A"), "/b": html("B")}
    with web_site(pages) as site:
        crawled(site, tmp_path)
        site.answers |= {"/a": Answer("broken", 500), "/": html("Start", "/a")}
        done = crawled(site, tmp_path, prune=True)
        assert [failure.id for failure in done.failed] == [f"{site.address}/a"]
        assert files(tmp_path) == {"index.html", "a.html", "b.html"}
        site.answers["/robots.txt"] = Answer("", 503)
        with pytest.raises(Unfetched, match=r"robots\.txt"):
            crawled(site, tmp_path, prune=True)
        site.answers["/robots.txt"] = Answer("User-agent: Pitcrew\nDisallow: /")
        with pytest.raises(Unfetched, match="asks programs"):
            crawled(site, tmp_path, prune=True)
        del site.answers["/robots.txt"]
        site.answers["/"] = Answer("", 404)
        with pytest.raises(Unfetched, match="404"):
            crawled(site, tmp_path, prune=True)
        assert files(tmp_path) == {"index.html", "a.html", "b.html"}


def test_redirects_stay_inside(tmp_path: Path) -> None:
    def to(place: str) -> Answer:
        return Answer("", 302, {"Location": place})

    pages = {
        "/": html("Start", "/moved", "/away", "/inside", "/round", "/nowhere", "/page"),
        "/moved": to("/page"),
        "/page": html("Page"),
        "/away": to("https://elsewhere.example/"),
        "/inside": to("http://169.254.169.254/latest/meta-data/"),
        "/round": to("/round"),
        "/nowhere": to("file:///etc/passwd"),
    }
    with web_site(pages) as site:
        done = crawled(site, tmp_path)
        assert files(tmp_path) == {"index.html", "page.html"}
        assert done.elsewhere == 2
        assert {failure.id.rpartition("/")[2] for failure in done.failed} == {"round", "nowhere"}
        site.answers["/start"] = to("https://elsewhere.example/")
        with pytest.raises(Unfetched, match="give that address"):
            crawled(site, tmp_path, "/start")


def test_an_endless_site_ends_at_the_limit(tmp_path: Path) -> None:
    pages = {f"/{n}": html(str(n), f"/{n + 1}") for n in range(50)} | {"/": html("Start", "/0")}
    with web_site(pages) as site:
        done = crawled(site, tmp_path, most=10, prune=True)
        assert len(files(tmp_path)) == 10
        assert [failure.message for failure in done.failed if "--max-pages" in failure.message]
        assert not done.complete


def test_names_that_meet_are_told_apart(tmp_path: Path) -> None:
    pages = {
        "/": html("Start", "/a", "/a.html", "/A", "/a/b", "/a.html/c"),
        "/a": html("a"),
        "/a.html": html("a.html"),
        "/A": html("A"),
        "/a/b": html("b"),
        "/a.html/c": html("c"),
    }
    with web_site(pages) as site:
        assert crawled(site, tmp_path).read == 6
        assert len({name.lower() for name in files(tmp_path)}) == 6
        assert crawled(site, tmp_path).unchanged == 6


@pytest.mark.parametrize(
    "body",
    [b"", b"\0\xff" * 1000, b"<" * 200_000, b"<a href='" + b"/" * 100_000 + b"'>", b"<div>" * 50_000,
     b"<a href='http://[::1'>x</a><a href='http://a:b@c/'>y</a><a href='//'>z</a><base href='http://:::'>"],
    ids=["empty", "bytes", "brackets", "a long address", "deep", "bad addresses"],
)  # fmt: skip
def test_hostile_pages_do_not_stop_it(tmp_path: Path, body: bytes) -> None:
    pages = {"/": html("Start", "/x", "/y"), "/x": Answer(body, headers={"Content-Type": "text/html"}), "/y": html("Y")}
    with web_site(pages) as site:
        crawled(site, tmp_path)
        assert {"index.html", "y.html"} <= files(tmp_path)


def test_a_hostile_sitemap_reads_no_file(tmp_path: Path) -> None:
    entity = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><urlset><url><loc>/&e;</loc></url></urlset>'
    laughs = (
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
        + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
        + "]><urlset><url><loc>/&j;</loc></url></urlset>"
    )
    for body in (entity, laughs):
        with web_site({"/sitemap.xml": Answer(body, headers={"Content-Type": "application/xml"})}) as site:
            crawled(site, tmp_path, "/sitemap.xml")
            assert all(len(path) < 100 and "root" not in path for path in site.paths)


def test_text_of_another_encoding_is_kept_readable(tmp_path: Path) -> None:
    latin = "<p>Räder</p>".encode("latin-1")
    with web_site({"/": Answer(latin, headers={"Content-Type": "text/html; charset=ISO-8859-1"})}) as site:
        crawled(site, tmp_path)
        assert "Räder" in (tmp_path / "index.html").read_text("utf-8-sig")
