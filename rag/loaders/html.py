"""HTML: what a reader sees, as plain text; navigation, scripts and styles are left out, headings and tables kept."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

from rag.loader import UnreadableFile
from rag.reading import read_text, title_from_name
from rag.types import Content, Heading, Table

_UNSEEN = ("script", "style", "nav", "noscript", "template", "svg", "iframe", "object", "form", "button", "head")
_BLOCK_NAMES = (
    "address article aside blockquote body dd details div dl dt fieldset figcaption figure footer header hr html main "
    "ol p section summary ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_LEVELS = {f"h{level}": level for level in range(1, 7)}


class HtmlLoader:
    suffixes = (".html", ".htm")

    def load(self, path: Path) -> Content:
        soup = BeautifulSoup(read_text(path), "html.parser")
        stated = soup.title.get_text() if soup.title else ""
        for tag in soup(_UNSEEN):
            tag.decompose()
        page = _Page()
        try:
            page.read(soup)
        except RecursionError as error:
            raise UnreadableFile("The page nests its elements too deeply: simplify it.") from error
        page.end_line()
        text = "\n".join(page.lines)
        if not text.strip():
            raise UnreadableFile("The page shows no text: save it with its content, not only its frame.")
        first = next((heading.title for heading in page.headings if heading.level == 1), "")
        title = first or " ".join(stated.split()) or title_from_name(path)
        return Content(title=title, text=text, headings=tuple(page.headings), tables=tuple(page.tables))


@dataclass(slots=True)
class _Page:
    """The lines read so far; `size` is the offset at which the next line starts, `mark` the list mark it will carry."""

    lines: list[str] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    size: int = 0
    line: str = ""
    mark: str = ""
    indent: int = 0

    def read(self, parent: Tag) -> None:
        for child in parent.children:
            self._read_node(child)

    def _read_node(self, node: PageElement) -> None:
        if isinstance(node, NavigableString):
            if not isinstance(node, PreformattedString):
                self.line += re.sub(r"\s+", " ", node)
        elif isinstance(node, Tag):
            self._read_tag(node)

    def _read_tag(self, tag: Tag) -> None:
        name = tag.name
        if name in _LEVELS:
            self._read_heading(tag)
        elif name == "table":
            self._read_table(tag)
        elif name == "pre":
            self.gap()
            for line in tag.get_text().strip("\n").split("\n"):
                self.put(line.rstrip())
            self.gap()
        elif name == "li":
            self._read_item(tag)
        elif name == "br":
            self.end_line()
        elif name in _BLOCKS:
            self._read_block(tag)
        else:
            self.read(tag)

    def _read_block(self, tag: Tag) -> None:
        if self.indent:
            self.end_line()
            self.read(tag)
            self.end_line()
        else:
            self.gap()
            self.read(tag)
            self.gap()

    def _read_heading(self, tag: Tag) -> None:
        self.gap()
        title = _words(tag)
        if title:
            self.headings.append(Heading(_LEVELS[tag.name], title, self.size))
            self.put(title)
            self.gap()

    def _read_item(self, tag: Tag) -> None:
        self.end_line()
        ordered = tag.parent is not None and tag.parent.name == "ol"
        self.mark = f"{len(tag.find_previous_siblings('li')) + 1}. " if ordered else "- "
        self.indent += 1
        self.read(tag)
        self.end_line()
        self.indent -= 1
        self.mark = ""

    def _read_table(self, tag: Tag) -> None:
        self.gap()
        caption = tag.find("caption")
        if isinstance(caption, Tag) and _words(caption):
            self.put(_words(caption))
        records = [_cells(row) for row in tag.find_all("tr")]
        records = [record for record in records if any(record)]
        spans = []
        for record in records:
            line = "| " + " | ".join(record) + " |"
            spans.append((self.size, self.size + len(line)))
            self.put(line)
        if len(records) > 1:
            self.tables.append(Table(tuple(records[0]), tuple(spans[1:])))
        self.gap()

    def put(self, line: str) -> None:
        self.lines.append(line)
        self.size += len(line) + 1

    def end_line(self) -> None:
        line, self.line = " ".join(self.line.split()), ""
        if line:
            depth = self.indent - 1 if self.mark else self.indent
            self.put("  " * depth + self.mark + line)
            self.mark = ""

    def gap(self) -> None:
        """An empty line, unless there is one already."""
        self.end_line()
        if self.lines and self.lines[-1]:
            self.put("")


def _words(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())


def _cells(row: Tag) -> list[str]:
    """The words of a table row's cells; a bar would look like a cell's end."""
    return [_words(cell).replace("|", "/") for cell in row.find_all(["th", "td"], recursive=False)]


LOADER = HtmlLoader()
