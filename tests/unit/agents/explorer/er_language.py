"""The part of Mermaid's language for entity-relationship diagrams that is written here, read back line by line.

Stricter than Mermaid: only what was seen to be drawn in Mermaid 11 and 12 whatever the names are.
"""

import html
import re
from dataclasses import dataclass, field

_NAME = r"[A-Za-z]\w*"
_BESIDE = r"[^\W_]|[^\x00-\x7f]"
_TEXT = (
    rf"(?:[^\W_]|[ (),'…]|(?<={_BESIDE})[_-](?={_BESIDE})|(?<=\u200b)[_\-.:@+=!?/$\[\]](?=\u200b)|"
    r"#\d+;|[^\x00-\x7f])+"
)
_BOX = re.compile(rf'  (?P<name>{_NAME})(?:\["(?P<label>{_TEXT})"\])?(?P<open> \{{)?', re.ASCII)
_COLUMN = re.compile(
    r"    (?P<type>[A-Za-z_][\w(),.]*) (?P<name>[A-Za-z_]\w*)(?: (?P<key>(?:PK|FK|UK)(?:, (?:FK|UK))*))?"
    rf'(?: "(?P<comment>{_TEXT})")?',
    re.ASCII,
)
_ENDS = r"(?:\|\||\|o)(?:--|\.\.)(?:o\{|o\|)"
_RELATION = re.compile(rf'  (?P<to>{_NAME}) (?P<ends>{_ENDS}) (?P<table>{_NAME}) : "(?P<says>{_TEXT})"', re.ASCII)
_RESERVED = re.compile(
    r"(?:accdescr|acctitle|class|classdef|direction|end|erdiagram|many|one|only|optionally|style|subgraph|title|to|u|"
    r"zero)",
    re.IGNORECASE,
)
_KEY = re.compile(r"(?:PK|FK|UK)\b", re.IGNORECASE | re.ASCII)
_DIRECTION = re.compile(r"direction\s+(?:TB|BT|LR|RL)", re.IGNORECASE)
APART = "\u200b"
_CODE = re.compile(r"#(\d+);")


@dataclass
class Box:
    """A table as it is drawn: columns as `type name key comment`."""

    label: str
    columns: list[tuple[str, str, str, str]] = field(default_factory=list)


def read(source: str) -> tuple[dict[str, Box], list[tuple[str, str, str, str]]]:
    """The tables by their names in the source, and the relations as `to, ends, table, says`. Raises ValueError."""
    head, *lines = source.split("\n")
    if head != "erDiagram":
        raise ValueError(head)
    boxes: dict[str, Box] = {}
    relations = []
    inside: Box | None = None
    for line in lines:
        if _DIRECTION.search(line) or "%" in line or "~" in line or not line.replace(APART, "").isprintable():
            raise ValueError(line)
        if inside is not None:
            inside = _inside(line, inside)
        elif relation := _RELATION.fullmatch(line):
            to, ends, table, says = relation.groups()
            if not {to, table} <= boxes.keys():
                raise ValueError(line)
            relations.append((to, ends, table, shown(says)))
        elif (box := _BOX.fullmatch(line)) and not _RESERVED.fullmatch(box["name"]) and box["name"] not in boxes:
            boxes[box["name"]] = Box(shown(box["label"] or box["name"]))
            inside = boxes[box["name"]] if box["open"] else None
        else:
            raise ValueError(line)
    if inside is not None:
        raise ValueError("not closed")
    return boxes, relations


def _inside(line: str, box: Box) -> Box | None:
    if line == "  }":
        return None
    column = _COLUMN.fullmatch(line)
    if column is None or _KEY.match(column["type"]) or _KEY.match(column["name"]):
        raise ValueError(line)
    box.columns.append((column["type"], column["name"], column["key"] or "", shown(column["comment"] or "")))
    return box


def shown(text: str) -> str:
    """A label as it is drawn."""
    return html.unescape(_CODE.sub(r"&#\1;", text)).replace(APART, "")
