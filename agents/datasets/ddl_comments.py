"""What a CREATE TABLE says in comments about its table and columns: SQLite keeps the text, and has no other place."""

import re
from collections.abc import Mapping

_WORD = re.compile(  # bounded, because an opening mark may never be closed
    r"--[^\n]*|'(?:[^']|''){0,1000}'|\"(?:[^\"\n]|\"\"){0,200}\"|`[^`\n]{0,200}`|\[[^\]\n]{0,200}\]|[A-Za-z_][\w$]*|\n|[(),]"
)


def comments(create: str) -> tuple[str, Mapping[str, str]]:
    """The table's own comment, and those of columns by their names in lower case. A comment belongs to the column that
    begins on its line, or to the table where it stands on the line of the opening bracket."""
    depth = 0
    named, fresh = "", False
    table = ""
    columns: dict[str, str] = {}
    for word in _WORD.findall(create):
        if word.startswith("--"):
            comment = word.removeprefix("--").strip()
            if named:
                columns.setdefault(named, comment)
            elif depth and not columns and not table:
                table = comment
        elif word == "\n":
            named = ""
            fresh = depth == 1
        elif word == "(":
            depth += 1
            fresh = depth == 1
        elif word == ")":
            depth -= 1
        elif word == ",":
            fresh = depth == 1
        elif fresh:
            named, fresh = _unquoted(word).casefold(), False
    return table, columns


def _unquoted(word: str) -> str:
    if word[0] in '"`':
        return word[1:-1].replace(word[0] * 2, word[0])
    return word[1:-1] if word[0] == "[" else word
