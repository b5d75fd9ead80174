"""Addresses of pages."""

from pathlib import PurePosixPath

import pytest

from rag.ingestion.web.address import BadAddress, Scope, file_name, folder_name, normal, other_name


@pytest.mark.parametrize(
    ("written", "base", "address"),
    [
        ("HTTP://Example.COM", "", "http://example.com/"),
        ("https://example.com:443/a#b", "", "https://example.com/a"),
        ("https://example.com:8443/a", "", "https://example.com:8443/a"),
        ("../c?x=1&utm_source=mail", "https://example.com/a/b", "https://example.com/c?x=1"),
        ("//example.com/a b", "https://other.example/", "https://example.com/a%20b"),
        ("https://bücher.example/ü", "", "https://xn--bcher-kva.example/%C3%BC"),
        ("https://example.com/%C3%BC", "", "https://example.com/%C3%BC"),
        ("https://example.com./a", "", "https://example.com/a"),
        ("http://[::1]:80/", "", "http://[::1]/"),
    ],
)
def test_all_that_lead_to_the_same_page_have_one_form(written: str, base: str, address: str) -> None:
    assert normal(written, base) == address
    assert normal(address) == address


@pytest.mark.parametrize(
    "written",
    ["", "x", "ftp://example.com/", "file:///etc/passwd", "javascript:alert(1)", "mailto:a@example.com", "http://",
     "http://a:b@example.com/", "http://example.com:x/", "http://[::1", "http://exa mple.com/\n" + "x" * 3000,
     "data:text/html,x", "http://.../"],
)  # fmt: skip
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(BadAddress, match=r".+\."):
        normal(written)


def test_a_crawl_stays_below_its_folder() -> None:
    scope = Scope.around("https://example.com/help/index.html")
    assert "https://example.com/help/a/b" in scope
    assert "https://example.com/help" in scope
    assert "https://example.com/helpful" not in scope
    assert "https://www.example.com/help/a" not in scope
    assert "https://example.com:8443/help/a" not in scope
    assert "https://example.com/shop" in scope.whole


@pytest.mark.parametrize(
    ("address", "suffix", "name"),
    [
        ("https://e.com/", ".html", "index.html"),
        ("https://e.com/help/", ".html", "help/index.html"),
        ("https://e.com/help/oil.HTML", ".html", "help/oil.html"),
        ("https://e.com/help/oil.php", ".html", "help/oil.php.html"),
        ("https://e.com/v1.2/a%20b.pdf", ".pdf", "v1_2/a b.pdf"),
        ("https://e.com/..%2F..%2Fetc/passwd", ".txt", "__/__/etc/passwd.txt"),
        ("https://e.com/.hidden/.x", ".html", "_hidden/_x.html"),
        ("https://e.com/a\\b:c", ".html", "a_b_c.html"),
    ],
)
def test_a_page_has_a_file_below_its_site(address: str, suffix: str, name: str) -> None:
    assert file_name(address, suffix) == PurePosixPath(name)


def test_names_stay_short_and_apart() -> None:
    long = file_name("https://e.com/" + "x" * 500 + "/" + "ü" * 200, ".html")
    assert all(len(part) <= 90 for part in long.parts)
    assert len(str(file_name("https://e.com/" + "x/" * 300, ".html"))) < 20
    assert file_name("https://e.com/a?x=1", ".html") != file_name("https://e.com/a?x=2", ".html")
    assert other_name(PurePosixPath("a.html"), "https://e.com/a") != PurePosixPath("a.html")
    assert folder_name("[::1]:8000") == "[__1]_8000".replace("[", "_").replace("]", "_")
