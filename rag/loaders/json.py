"""JSON and JSON Lines: short records as rows, longer ones each under its own title, all else as `Name: value`.

The way to a nested value is its name, written with dots. Numbers stand as they are written in the file.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from rag.loader import EmptyFile, Loader, Reading, UnreadableFile
from rag.text.builder import Draft
from rag.text.decoding import decoded
from rag.text.row_lines import MAX_COLUMNS, Column, cell, columns

_TITLES = ("title", "name", "heading", "headline", "question", "subject", "label", "id", "_id", "code")
_PROSE = {"text", "body", "content", "answer", "description", "summary", "details"}
_LONGEST_CELL = 200
_LONGEST_ROW = 1000


def read(data: bytes, title: str) -> Reading:
    text, note = decoded(data)
    try:
        value = _values(text)
        draft = Draft()
        stated = _title_of(value) if isinstance(value, dict) else ""
        _put(draft, value, 2)
    except RecursionError as error:
        raise UnreadableFile("The file nests its values too deeply: flatten them.") from error
    if not any(draft.lines):
        raise EmptyFile("The file holds no words, only empty values: fill it in or remove it.")
    return Reading(draft.content(stated or title), note)


def _values(text: str) -> Any:
    """The file's value, or the list of its lines' values where it holds one on each line."""
    try:
        return _parsed(text)
    except json.JSONDecodeError as whole:
        lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
        if len(lines) < 2 or _is_cut(lines[0][1]):
            raise _ill_formed(whole.lineno, whole.msg) from whole
    values = []
    for number, line in lines:
        try:
            values.append(_parsed(line))
        except json.JSONDecodeError as error:
            raise _ill_formed(number, error.msg) from error
    return values


def _is_cut(line: str) -> bool:
    try:
        _parsed(line)
    except json.JSONDecodeError:
        return True
    return False


def _parsed(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse, parse_int=str, parse_float=str)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = {_clean(key): value for key, value in pairs}
    if len(fields) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next((key for key in keys if keys.count(key) > 1), "")
        raise UnreadableFile(f"The key {_clean(twice)[:80]!r} stands twice in one object: keep one of them.")
    return fields


def _refuse(constant: str) -> NoReturn:
    raise UnreadableFile(f"The file holds {constant}, which JSON has no word for: write null or a number.")


def _ill_formed(line: int, reason: str) -> UnreadableFile:
    return UnreadableFile(f"This is not well-formed JSON (line {line}: {reason}): correct it and save it again.")


def _put(draft: Draft, value: Any, level: int) -> None:
    if isinstance(value, dict):
        _put_record(draft, value, level)
    elif isinstance(value, list):
        _put_list(draft, value, level)
    elif words := _clean(_scalar(value)):
        for line in words.split("\n"):
            draft.put(line.rstrip())


def _put_list(draft: Draft, values: Sequence[Any], level: int) -> None:
    records = [value for value in values if isinstance(value, dict)]
    rows = [dict(_flat(record)) for record in records]
    if rows and all(map(_is_row, rows)):
        names = list(dict.fromkeys(name for row in rows for name in row))
        column = dict(zip(names, columns(names), strict=True))
        draft.gap()
        draft.rows(filter(None, (_row(row, column) for row in rows)))
    else:
        for number, record in enumerate(records, start=1):
            title = _title_of(record)
            draft.heading(level, title or f"Record {number}")
            _put_record(draft, record, min(level + 1, 6), title)
    for value in values:
        if not isinstance(value, dict):
            _put(draft, value if isinstance(value, list) and not _is_plain(value) else _scalar(value), level)


def _put_record(draft: Draft, record: Mapping[str, Any], level: int, title: str = "") -> None:
    """The record's values by their names; the one that is already its title is left out."""
    for name, value in _flat(record):
        [(label, unit)] = columns([name])
        words = _clean(_scalar(value))
        if isinstance(value, list) and not _is_plain(value):
            draft.put(f"{label}:")
            _put_list(draft, value, level)
        elif not words or (title == words and name in _TITLES):
            continue
        elif "\n" in words or len(words) > _LONGEST_CELL or name in _PROSE:
            draft.paragraph(words if name in _PROSE else f"{label}:\n{words}")
        else:
            draft.put(cell(label, unit, words))


def _flat(record: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """The values that are no records themselves, by the names on the way to them."""
    for name, value in record.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _is_plain(values: Sequence[Any]) -> bool:
    return not any(isinstance(value, dict | list) for value in values)


def _is_row(row: Mapping[str, Any]) -> bool:
    cells = [_scalar(value) for value in row.values()]
    return (
        len(cells) <= MAX_COLUMNS
        and all(_is_plain(value) for value in row.values() if isinstance(value, list))
        and all(len(words) <= _LONGEST_CELL and "\n" not in words for words in cells)
        and sum(map(len, cells)) <= _LONGEST_ROW
        and not (_PROSE & row.keys() and set(_TITLES) & row.keys())
    )


def _row(row: Mapping[str, Any], column: Mapping[str, Column]) -> str:
    return " | ".join(cell(*column[name], words) for name, value in row.items() if (words := _clean(_scalar(value))))


def _scalar(value: Any) -> str:
    """A value on its own, or a list of such, as a person writes it; "" for one that holds others."""
    match value:
        case None | dict():
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(filter(None, map(_scalar, value))) if _is_plain(value) else ""
        case _:
            return str(value)


def _title_of(record: Mapping[str, Any]) -> str:
    titles = (" ".join(_clean(_scalar(record[key])).split()) for key in _TITLES if key in record)
    return next((title for title in titles if 0 < len(title) <= _LONGEST_CELL), "")


def _clean(text: str) -> str:
    """Text without what is no character: an escape may write half of a UTF-16 pair, or a NUL."""
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").strip()


LOADER = Loader((".json", ".jsonl", ".ndjson"), read)
