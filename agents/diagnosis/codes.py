"""Trouble codes: what a text calls them, and what the knowledge base's tables say of each, looked up exactly."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from agents.language.codes import are_digits, is_code
from agents.language.phrases import Phrases
from agents.language.tokens import Token, tokens
from agents.language.words import FUNCTION_WORDS, vocabulary
from agents.passages.table_rows import MAY, TableRow, UnreadRow, applicable, strangers, tables
from agents.types import Evidence
from agents.vehicles.applicability import Cars, Fitment, fitment_of
from agents.vehicles.range import Vehicles
from rag.terms import plain
from rag.types import Chunk

_WRITTEN = re.compile(
    r"(?<![^\W_])(?P<letter>[pbcu])(?P<gap>[\s._:-]{0,2})(?P<first>[0-3o])[\s._-]?(?P<rest>[0-9a-fo]{3})"
    r"(?:-?[0-9a-f]{2})?(?![^\W_])"
)
_JOINTS = (",", "/", "&", "+", "and", "or", "und")
_SAID = Phrases(
    ("(dtc|dtcs|tc|tcs|code|codes|trouble*|fault*|error*|eror*|failure*|diagnostic*|stored*|obd*|mean*|scan*)",)
)
_LONGEST_ALONE = 8
"""Characters of a text that is nothing but a code."""
_SEPARATORS = str.maketrans(dict.fromkeys(";,/", " "))
_SEPARATED = str.maketrans(dict.fromkeys(",/", ";"))
_MOSTLY = 0.6
"""Share of a table's rows that have a code in a column, from which on it is the column of codes."""
_CALLED = vocabulary("code codes error errors err fault faults display dtc")
"""Words of the name of a column whose entries are codes, in whatever form."""
_LONGEST_CODE, _MOST_LETTERS = 8, 3
_FIRST = Phrases(
    (
        "(code|codes|error|err|fault|failure|alarm|display|displays|displaying|shows|showing|showed|reads|says|flashes|blinks)"
        " (code|codes|number|no|message|is|says|shows|showing|reads|flashes|blinks|and|)",
    )
)
"""What stands right before a code, or before the next one of several."""
_SHOWN = Phrases(("(display|screen|panel|blinks|blinking|flashes|flashing|lit)", "(lights|pops|comes) up"))
"""Says that a product shows something, which stands anywhere in the text."""
_ARTICLES = vocabulary("a an the my your our")
"""Before what is formed as a code and names a thing: "an E14 bulb"."""
_FEW_LETTERS = 2
"""Of what can be nothing but a code where something is shown."""
_EXAMPLE = "P0420"
_INNER = frozenset("-._")
_ROLES = {
    "meaning": vocabulary("meaning means description definition text explanation fault"),
    "cause": vocabulary("cause causes reason reasons"),
    "remedy": vocabulary("do action actions remedy measure measures repair advice"),
    "drive": vocabulary("drive driving"),
    "use": vocabulary("using operate operating continue"),
    "system": vocabulary("system area group component"),
    "applies": vocabulary("applies model models vehicle vehicles variant variants"),
}


@dataclass(frozen=True, slots=True)
class FaultCode:
    """What a row says of a code, which is written as there, in its words; "" for what it leaves open. `cars` it is
    about."""

    code: str
    meaning: str
    cause: str
    remedy: str
    may_drive_on: str
    may_use_on: str
    system: str
    applies_to: str
    cars: Cars
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class FaultCodes:
    """All rows, by their codes in capitals without anything between. `own`: whether there are others than those of
    vehicles; `stated` is then what else looks like a code anywhere in the documents. `unread`: rows of these tables
    without a code, and with cells that say nothing."""

    rows: Mapping[str, tuple[FaultCode, ...]]
    stated: frozenset[str] = frozenset()
    unread: tuple[UnreadRow, ...] = ()

    @property
    def own(self) -> bool:
        return not all(map(is_code, self.rows))

    def of(self, code: str, subjects: Sequence[str]) -> tuple[FaultCode, ...]:
        """The rows of exactly this code in documents of these subjects."""
        return tuple(row for row in self.rows.get(bare(code), ()) if row.evidence.passage.chunk.subject in subjects)


def parse(chunks: Sequence[Chunk], vehicles: Vehicles) -> FaultCodes:
    """The codes of every table that has a column of them, whatever its file is called."""
    fitment = fitment_of(vehicles)
    found: dict[str, list[FaultCode]] = defaultdict(list)
    unread: list[UnreadRow] = []
    for table in tables(chunks):
        column = _code_column(table)
        for row in table if column else ():
            for code in _codes_in(row.cells.get(column, "")) or _own_codes(row.cells.get(column, "")):
                found[bare(code)].append(_read(code, row, column, fitment))
            if problems := (*_wrong(row, column, fitment),):
                unread.append(UnreadRow(row.evidence, problems))
    known = FaultCodes({code: tuple(read) for code, read in found.items()}, unread=tuple(unread))
    stated = (bare(word) for chunk in chunks for word in chunk.text.split()) if known.own else ()
    return replace(known, stated=frozenset(filter(_coded, stated)))


def bare(code: str) -> str:
    """A code in capitals, without anything between: `ERR12` of `Err 12`."""
    return "".join(filter(str.isalnum, code)).upper()


def codes(text: str, known: FaultCodes) -> tuple[str, ...]:
    """The codes that a text names, in capitals without anything between, each once: those that vehicles have, and where
    the tables have others, those as well."""
    of_vehicles = _of_vehicles(text, known)
    return tuple(dict.fromkeys((*of_vehicles, *(code for code, _, _ in _of_tables(text, known)))))


def as_of_vehicles(text: str, known: FaultCodes) -> str:
    """The text with a vehicle's code in the place of each other one: what is asked about codes is learnt from such."""
    for _, start, end in reversed([*_of_tables(text, known)]):
        text = f"{text[:start]}{_EXAMPLE}{text[end:]}"
    return text


def _of_vehicles(text: str, known: FaultCodes) -> tuple[str, ...]:
    """`P0420`, `p 0420`, `P-0420`, `PO420`. What is not written as one word without an O counts where it is known, or
    where the text speaks of codes."""
    spoken = plain(text)
    about_codes = spoken in _SAID or len(spoken.strip(" .?!,")) <= _LONGEST_ALONE
    found: dict[str, None] = {}
    for match in _WRITTEN.finditer(spoken):
        code = (match["letter"] + match["first"] + match["rest"]).replace("o", "0").upper()
        exact = match.group()[:5].upper() == code
        if not (exact or code in known.rows or about_codes):
            continue
        found[code] = None
        at = match.end()
        while also := _also(spoken, at):
            rest, at = also
            other = match["letter"].upper() + rest.upper()
            if other not in known.rows and not about_codes:
                break
            found[other] = None
    return tuple(found)


def _of_tables(text: str, known: FaultCodes) -> Iterator[tuple[str, int, int]]:
    """`E3`, `e 3`, `Err-12`, also for an `E03` of the tables; each with its place. What has no letter counts where it
    is called a code or nothing else is said; what is nowhere in the documents also where it is formed as codes of the
    tables are, something is shown, or the text begins with it alone."""
    if not known.own:
        return
    read = tokens(text)
    called = {found.last for found in _FIRST.spans(text)}
    alone = len(text.strip(" .?!,")) <= _LONGEST_ALONE
    zeros = {_without_zeros(code): code for code in known.rows}
    forms, shown = frozenset(map(_form, known.rows)), text in _SHOWN
    at = 0
    while at < len(read):
        named = at in called or (at > 0 and read[at - 1].word in ":#'\"" and at - 1 in called) or (alone and at == 0)
        for end in range(min(at + 3, len(read)), at, -1):
            code = _written(read[at:end], named=named)
            code = code if code in known.rows else zeros.get(_without_zeros(code), code)
            by_itself = at == 0 and (end == len(read) or read[end].word in FUNCTION_WORDS or read[end].kind == "mark")
            thing = at > 0 and read[at - 1].word in _ARTICLES
            few = len(_letters(code)) <= _FEW_LETTERS
            formed = (_form(code) in forms and not thing) or (few and (shown or by_itself))
            if code and (code in known.rows or ((named or formed) and _likely(code) and code not in known.stated)):
                yield code, read[at].start, read[end - 1].end
                called |= {end, end + 1} if named else set()
                at = end - 1
                break
        at += 1


def _written(read: Sequence[Token], *, named: bool) -> str:
    """The code that tokens spell, "" for none."""
    if read[0].kind == "mark" or any(token.kind == "mark" and token.word not in _INNER for token in read):
        return ""
    code = bare("".join(token.word for token in read))
    apart = any(token.apart for token in read[1:])
    loose = apart and (read[0].word in FUNCTION_WORDS or read[0].kind == "number")
    plain = named or not (loose or code.isdecimal())
    return code if plain and not loose and read[-1].kind != "mark" and _coded(code) else ""


def _without_zeros(code: str) -> str:
    """A code without the zeros that its figures begin with."""
    letters = _letters(code)
    return letters + code[len(letters) :].lstrip("0")


def _letters(code: str) -> str:
    """What stands before the figures that a code ends with."""
    return code.rstrip("0123456789")


def _form(code: str) -> tuple[str, int]:
    """What codes of one table have in common: their letters, and how many figures they have."""
    return _letters(code), len(code) - len(_letters(code))


def _likely(code: str) -> bool:
    """Whether what is in no document can be nothing else than a code."""
    letters = _letters(code)
    return letters.isalpha() and len(letters) <= _MOST_LETTERS and letters != code


def _coded(code: str) -> bool:
    """Whether it is as short as a code, and has a figure."""
    return len(code) <= _LONGEST_CODE and any(map(str.isdecimal, code)) and code.isascii()


def _also(spoken: str, at: int) -> tuple[str, int] | None:
    """The digits of a further code that is joined to the one before `at`, and where they end."""
    behind = spoken[at : at + 20].lstrip()
    joint = next((joint for joint in _JOINTS if behind.startswith(joint)), "")
    rest = behind.removeprefix(joint).lstrip()
    if not joint or not are_digits(rest[:4]) or rest[4:5].isalnum():
        return None
    return rest[:4], spoken.index(rest[:4], at) + 4


def _code_column(table: Sequence[TableRow]) -> str:
    """The name of the column that holds a code of its own in most rows, "" if there is none."""
    for column in dict.fromkeys(name for row in table for name in row.cells):
        held = [row.cells[column] for row in table if _codes_in(row.cells.get(column, ""))]
        if len(held) >= _MOSTLY * len(table) and len(set(held)) == len(held) and len(table[0].cells) > 1:
            return column
    return _called_codes(table)


def _called_codes(table: Sequence[TableRow]) -> str:
    """The name of the column that is called one of codes, in a table that says what they mean or what to do."""
    columns = [*dict.fromkeys(name for row in table for name in row.cells)]
    told = [name for name in columns if not (_ROLES["meaning"] | _ROLES["remedy"]).isdisjoint(name.split())]
    for column in columns:
        held = [row.cells[column] for row in table if _own_codes(row.cells.get(column, ""))]
        called = not _CALLED.isdisjoint(column.split()) and any(name != column for name in told)
        if called and len(held) >= _MOSTLY * len(table) and len(set(held)) == len(held):
            return column
    return ""


def _own_codes(value: str) -> list[str]:
    """The codes of a cell that holds nothing else, in whatever form, as they are written there."""
    parts = [part.strip() for part in value.translate(_SEPARATED).split(";") if part.strip()]
    return parts if all(_coded(bare(part)) for part in parts) else []


def _codes_in(value: str) -> list[str]:
    """The codes of a cell that holds nothing else."""
    parts = value.upper().translate(_SEPARATORS).split()
    return parts if all(map(is_code, parts)) else []


def _read(code: str, row: TableRow, column: str, fitment: Fitment) -> FaultCode:
    cells = {name: value for name, value in row.cells.items() if name != column}
    said = {role: _cell(cells, names) for role, names in _ROLES.items()}
    return FaultCode(
        code,
        said["meaning"],
        said["cause"],
        said["remedy"],
        said["drive"],
        said["use"],
        said["system"],
        said["applies"],
        applicable(said["applies"], fitment),
        row.evidence,
    )


def _wrong(row: TableRow, column: str, fitment: Fitment) -> Iterator[str]:
    """What cannot be read of a row in a table whose codes stand in `column`."""
    said = row.cells.get(column, "")
    if not (_codes_in(said) or _own_codes(said)):
        yield f"{column!r} is {said!r}: a code has a figure and at most {_LONGEST_CODE} letters and figures"
    cells = {name: value for name, value in row.cells.items() if name != column}
    for role in ("drive", "use"):
        name = _column(cells, _ROLES[role])
        if name and cells[name].casefold() not in MAY:
            yield f"{name!r} is {cells[name]!r}, which says nothing: write {', '.join(MAY)}, or leave it empty"
    yield from strangers(row, filter(None, [_column(cells, _ROLES["applies"])]), fitment)


def _cell(cells: Mapping[str, str], names: frozenset[str]) -> str:
    return cells.get(_column(cells, names), "")


def _column(cells: Mapping[str, str], names: frozenset[str]) -> str:
    return next((column for column in cells if not names.isdisjoint(column.split())), "")
