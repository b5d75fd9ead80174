"""What a reader of an HTML page sees, as plain text with headings, lists and tables; no navigation, no scripts."""

import re
from dataclasses import dataclass, field

from lxml import etree

from rag.loader import UnreadableFile
from rag.text.builder import Draft

_UNSEEN = (
    "button", "datalist", "head", "iframe", "nav", "noscript", "object", "script", "select", "style", "svg", "template",
    "textarea",
)  # fmt: skip
_BLOCK_NAMES = (
    "address article aside blockquote body dd details div dl dt fieldset figcaption figure footer form header hr html "
    "main ol p section summary ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_LEVELS = {f"h{level}": level for level in range(1, 7)}
_LISTS = {"ol", "ul", "menu"}
_WIDEST_SPAN = 1000  # as in the HTML standard, 4.9.11
_DEEPEST_INDENT = 8
_MAX_CELLS = 1_000_000
_XML_DECLARATION = re.compile(r"(?:(?<!\s)\s++)?<\?xml[^>]{0,500}\?>")
_TOO_DEEP = "Excessive depth"


def drafted(html: str) -> tuple[Draft, str, bool]:
    """The page as a draft, the title that its head states, or "", and whether what lies too deep in it is missing."""
    parser = etree.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True, no_network=True)
    try:
        root = etree.fromstring(_XML_DECLARATION.sub("", html, count=1), parser)
    except etree.XMLSyntaxError:
        root = None
    deep = any(_TOO_DEEP in error.message for error in parser.error_log)
    page = _Page(Draft())
    stated = ""
    if root is not None:
        stated = _words(root.find("head/title"))
        etree.strip_elements(root, *_UNSEEN, with_tail=False)
        page.read(root)
    return page.draft, stated, deep


@dataclass(slots=True)
class _Page:
    """What was read so far: `line` is the unfinished one, `mark` the list mark it will carry, `counts` the numbers of
    the last items of the lists around it, the innermost last (None: without numbers)."""

    draft: Draft
    line: list[str] = field(default_factory=list)
    mark: str = ""
    indent: int = 0
    counts: list[int | None] = field(default_factory=list)

    def read(self, root: etree._Element) -> None:
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            if event == "end":
                self._leave(element.tag)
                self.line.append(element.tail or "")
            elif "hidden" in element.attrib:
                walk.skip_subtree()
            elif element.tag in _LEVELS or element.tag in {"table", "pre"}:
                self.end_line()
                self._read_whole(element)
                walk.skip_subtree()
            else:
                self._enter(element.tag)
                self.line.append(element.text or "")
        self.end_line()

    def _enter(self, tag: str) -> None:
        if tag == "li":
            self._begin_item()
        elif tag in {"br", "dd"}:
            self.end_line()
        elif tag in _BLOCKS:
            self._bound()
        if tag in _LISTS:
            self.counts.append(0 if tag == "ol" else None)

    def _leave(self, tag: str) -> None:
        if tag == "li":
            self.end_line()
            self.indent -= 1
            self.mark = ""
        elif tag in _BLOCKS and tag != "dt":
            self._bound()
        if tag in _LISTS:
            self.counts.pop()

    def _read_whole(self, element: etree._Element) -> None:
        if element.tag == "pre":
            self.draft.paragraph("".join(element.itertext()).replace("\r", "").strip("\n"))
        elif element.tag == "table":
            self.draft.gap()
            caption = _words(element.find("caption"))
            if caption:
                self.draft.put(caption)
            self.draft.table(_grid(element))
        else:
            self.draft.heading(_LEVELS[element.tag], _words(element))

    def _begin_item(self) -> None:
        self.end_line()
        self.mark = "- "
        if self.counts and self.counts[-1] is not None:
            self.counts[-1] += 1
            self.mark = f"{self.counts[-1]}. "
        self.indent += 1

    def _bound(self) -> None:
        """Where a block begins or ends: a gap, or just a new line inside a list."""
        self.end_line()
        if not self.indent:
            self.draft.gap()

    def end_line(self) -> None:
        line = " ".join("".join(self.line).split())
        self.line = []
        if line:
            depth = self.indent - 1 if self.mark else self.indent
            self.draft.put("  " * min(depth, _DEEPEST_INDENT) + self.mark + line)
            self.mark = ""


def _words(element: etree._Element | None) -> str:
    return " ".join(" ".join(element.itertext()).split()) if element is not None else ""


def _grid(table: etree._Element) -> list[list[str]]:
    """The words of a table's cells, row by row. A cell over several rows stands in each of them; one over several
    columns stands in the first, and in a table's first row in each, because there it names them all."""
    grid: list[list[str]] = []
    rowspans: dict[int, tuple[int, str]] = {}  # by column: how many more rows a cell above reaches down, and its words
    size = 0
    for row in table.xpath("tr | thead/tr | tbody/tr | tfoot/tr"):
        cells: list[str] = []
        for cell in row.xpath("th | td"):
            _reach_down(cells, rowspans)
            words, wide, high = _words(cell), _span(cell, "colspan"), _span(cell, "rowspan")
            for place in range(wide):
                text = words if place == 0 or not grid else ""
                if high > 1:
                    rowspans[len(cells)] = (high - 1, text)
                cells.append(text)
        _reach_down(cells, rowspans)
        size += len(cells)
        if size > _MAX_CELLS:
            raise UnreadableFile(f"A table has more than {_MAX_CELLS:,} cells: split it into several files.")
        grid.append(cells)
    return grid


def _reach_down(cells: list[str], rowspans: dict[int, tuple[int, str]]) -> None:
    while len(cells) in rowspans:
        rows, words = rowspans.pop(len(cells))
        if rows > 1:
            rowspans[len(cells)] = (rows - 1, words)
        cells.append(words)


def _span(cell: etree._Element, name: str) -> int:
    value = cell.get(name, "1").strip()
    return min(max(int(value), 1), _WIDEST_SPAN) if value.isascii() and value.isdecimal() and len(value) < 6 else 1
