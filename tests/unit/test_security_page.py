"""What the pages about security promise is held by tests that exist, and no row of a list is forgotten."""

import re
from pathlib import Path

import pytest

from tests.serving import ROOT

PAGES = (ROOT / "docs" / "security.md", ROOT / "SECURITY.md", ROOT / "docs" / "rights.md")
NAMED = re.compile(r"`(tests/[\w/.]+)(?:::(\w+))?`")
PAGE = PAGES[0].read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The table behind a heading, without its head."""
    lines = PAGE.split(f"## {heading}", 1)[1].split("\n## ", 1)[0].splitlines()
    return [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")][2:]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_test_that_is_named_exists(page: Path) -> None:
    named = NAMED.findall(page.read_text(encoding="utf-8"))
    assert named
    for path, test in named:
        assert (ROOT / path).exists(), path
        assert not test or re.search(rf"def {test}\b", (ROOT / path).read_text(encoding="utf-8")), f"{path}::{test}"


def test_every_promise_names_its_test() -> None:
    promises = rows("What is promised")
    assert len(promises) > 10
    assert all(NAMED.search(row[-1]) for row in promises)


def test_no_row_of_the_lists_is_forgotten() -> None:
    chapters = {int(number) for row in rows("OWASP ASVS") for number in re.findall(r"\bV(\d+)", row[0])}
    assert chapters == set(range(1, 18))
    top = rows("OWASP Top 10")
    assert [row[0][:5] for row in top] == [f"LLM{n:02}" for n in range(1, 11)]
    assert all(NAMED.search(row[-1]) for row in top)
    untested = [row[0] for row in rows("OWASP ASVS") if not NAMED.search(row[-1])]
    assert untested == ["V12 Secure communication", "V17 WebRTC"]
