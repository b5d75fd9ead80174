"""What the pages print to be copied: fenced blocks, and commands within a sentence."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt

from tests.serving import ROOT

PAGES = (
    *sorted(path for path in ROOT.glob("*.md") if path.name != "CHANGELOG.md"),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "api" / "client" / "README.md",
    ROOT / "web" / "client" / "README.md",
)
_PROGRAMS = ("pitcrew", "make", "python", ".venv/bin/", "npm", "pip", "curl")


@dataclass(frozen=True)
class Block:
    """One fenced block. `page` is its path from the root, `line` where it begins."""

    page: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def commands(self) -> tuple["Command", ...]:
        """Those of a shell, in their order; of a console, the lines behind `$`, with what it says then."""
        if self.language == "console":
            return tuple(
                Command(self, written, said)
                for part in re.split(r"^\$ ", self.text, flags=re.M)[1:]
                for written, _, said in [part.partition("\n")]
            )
        if self.language != "bash":
            return ()
        joined = self.text.replace("\\\n", " ")
        if re.search(r"^(for|if|while) ", joined, re.M):
            return (Command(self, joined, ""),)
        return tuple(Command(self, line, "") for line in joined.splitlines() if line.strip())


@dataclass(frozen=True)
class Command:
    """What a person types, and what is printed below it."""

    block: Block
    text: str
    said: str

    @property
    def program(self) -> str:
        """Without a comment."""
        return re.sub(r"\s+#.*", "", self.text).strip()


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, also in lists."""
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type == "fence":
            name, line = page.relative_to(ROOT).as_posix(), (token.map or [0])[0] + 1
            yield Block(name, line, token.info.strip(), token.content)


@cache
def every_block() -> tuple[Block, ...]:
    return tuple(block for page in PAGES for block in blocks(page))


def spoken(page: Path) -> Iterator[str]:
    """The commands that stand within sentences and tables, without those that have a gap (`…`, `X`)."""
    tokens = MarkdownIt().enable("table").parse(page.read_text(encoding="utf-8"))
    for token in tokens:
        for child in token.children or ():
            if child.type == "code_inline" and child.content.startswith(_PROGRAMS) and " " in child.content:
                yield child.content
