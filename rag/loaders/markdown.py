"""Markdown: the text as written; headings and pipe tables are found by a CommonMark parser, so code is left alone."""

import re
from itertools import accumulate, pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from rag.loader import Loader, Reading
from rag.text.decoding import decoded
from rag.types import Content, Heading, Table

_BLOCKS = MarkdownIt("commonmark").enable("table").disable("inline")  # what stands in paragraphs makes no structure
_INLINE = MarkdownIt("commonmark")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---[ ]*(?:\n|\Z)", re.DOTALL)


def read(data: bytes, title: str) -> Reading:
    text, note = decoded(data)
    parsed = _FRONT_MATTER.sub(_blank, text)
    environment: dict[str, Any] = {}  # the link definitions, which headings may use
    tokens = _BLOCKS.parse(parsed, environment)
    lines = _line_starts(parsed)
    headings = _headings(tokens, lines, environment)
    title = next((heading.title for heading in headings if heading.level == 1), title)
    return Reading(Content(title=title, text=text, headings=headings, tables=_tables(tokens, lines, environment)), note)


def _blank(match: re.Match[str]) -> str:
    """Front matter would parse as a heading; blanks of the same length keep every offset."""
    return re.sub(r"[^\n]", " ", match.group())


def _line_starts(text: str) -> tuple[int, ...]:
    """Where each line starts, and one more: the end of the text. The parser splits at newlines only."""
    return (0, *accumulate(len(line) + 1 for line in text.split("\n")))


def _plain(inline: Token, environment: dict[str, Any]) -> str:
    """The words of a heading or cell without their markup."""
    children = _INLINE.parseInline(inline.content, environment)[0].children or ()
    words = "".join(
        child.content if child.type in {"text", "code_inline"} else " " * (child.type == "softbreak")
        for child in children
    )
    return words.strip()


def _headings(tokens: list[Token], lines: tuple[int, ...], environment: dict[str, Any]) -> tuple[Heading, ...]:
    """Headings of the document itself; one inside a list or quotation does not structure it."""
    headings = []
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and token.level == 0 and token.map:
            title = _plain(inline, environment)
            if title:
                headings.append(Heading(int(token.tag[1]), title, lines[token.map[0]]))
    return tuple(headings)


def _tables(tokens: list[Token], lines: tuple[int, ...], environment: dict[str, Any]) -> tuple[Table, ...]:
    tables = []
    header: list[str] = []
    rows: list[tuple[int, int]] = []
    in_head = False
    for token in tokens:
        match token.type:
            case "table_open":
                header, rows = [], []
            case "thead_open":
                in_head = True
            case "thead_close":
                in_head = False
            case "inline" if in_head:
                header.append(_plain(token, environment))
            case "tr_open" if not in_head and token.map:
                rows.append((lines[token.map[0]], lines[token.map[1]] - 1))
            case "table_close" if rows:
                tables.append(Table(tuple(header), tuple(rows)))
    return tuple(tables)


LOADER = Loader((".md", ".markdown"), read)
