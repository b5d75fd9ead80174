"""A document's text while a loader puts it together line by line, with the structure that it knows of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rag.types import Content, Heading, Page, Table


@dataclass(slots=True)
class Draft:
    """The lines so far; `size` is the offset at which the next one starts."""

    lines: list[str] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    size: int = 0

    def put(self, line: str) -> None:
        self.lines.append(line)
        self.size += len(line) + 1

    def gap(self) -> None:
        """An empty line, unless there is one already."""
        if self.lines and self.lines[-1]:
            self.put("")

    def paragraph(self, text: str) -> None:
        """Lines of text with gaps around them."""
        self.gap()
        for line in text.split("\n"):
            self.put(line.rstrip())
        self.gap()

    def heading(self, level: int, title: str) -> None:
        """A heading of `level` 1 to 6; nothing when it has no words."""
        words = " ".join(title.split())
        if words:
            self.gap()
            self.headings.append(Heading(level, words, self.size))
            self.put(words)
            self.gap()

    def page(self, number: int) -> None:
        """What follows stands on the page `number`; a page on which nothing was put is forgotten."""
        self.gap()
        if self.pages and self.pages[-1].start == self.size:
            self.pages.pop()
        self.pages.append(Page(number, self.size))

    def rows(self, lines: Iterable[str], header: tuple[str, ...] = ()) -> None:
        """A table's rows, one line each; where there is no `header`, each names its own columns."""
        spans = []
        for line in lines:
            spans.append((self.size, self.size + len(line)))
            self.put(line)
        if spans:
            self.tables.append(Table(header, tuple(spans)))
        self.gap()

    def table(self, records: Sequence[Sequence[str]], header: tuple[str, ...] = ()) -> None:
        """A table as lines of cells between bars, the header first; records without any words are left out. Where it
        goes on from another page, `header` is that one's, and all records are rows."""
        cells = [[" ".join(cell.split()).replace("|", "/") for cell in record] for record in records]
        rows = [record for record in cells if any(record)]
        if not header and rows:
            header = tuple(rows.pop(0))
            self.put(_barred(header))
        self.rows([_barred(row) for row in rows], header)

    def content(self, title: str) -> Content:
        """All of it, under the first heading of level 1, or else under `title`."""
        stated = next((heading.title for heading in self.headings if heading.level == 1), title)
        if self.pages and self.pages[-1].start == self.size:
            self.pages.pop()
        text = "\n".join(self.lines).rstrip("\n")
        return Content(stated, text, tuple(self.headings), tuple(self.pages), tuple(self.tables))


def _barred(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
