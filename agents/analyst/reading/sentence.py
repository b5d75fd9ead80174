"""A question as a row of marks: small words that do something, names of the data, numbers, times, and other words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from agents.analyst.reading.cues import LONGEST_CUE, adjective, cues
from agents.analyst.reading.lexicon import Lexicon
from agents.analyst.reading.naming import Meaning
from agents.analyst.reading.options import DAYS
from agents.analyst.reading.plan import Span, Unit
from agents.analyst.reading.time_spans import Found, spans
from agents.analyst.reading.tokens import Token, stem, tokens

LONGEST = 1000
"""Characters that are read of a question."""
_EXACT = 0.95
_LIKELY = 0.6
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9}
_ORDINALS = {
    word: at
    for at, pair in enumerate(
        ("second 2nd", "third 3rd", "fourth 4th", "fifth 5th", "sixth 6th", "seventh 7th", "eighth 8th", "ninth 9th"), 2
    )
    for word in pair.split()
}
_OFTEN = {"once": 1.0, "twice": 2.0}
_RELATIVE = frozenset({"who", "which", "whose", "where", "when"})
_COMPARING = ("over", "at_least", "under", "at_most", "equal")
_PLACING = frozenset({"at", "on", "in"})
_NOT = ("non", "un")
_STOPS = frozenset(".;?!\n:")
_PARTED = frozenset({"leave", "leaving", "keep", "keeping"})
"""Verbs between which and their "out" stands what they are about."""
_APART, _EVENT = 8, 6
_REFUSING = ("not", "without", "ignore")


@dataclass(frozen=True, slots=True)
class Mark:
    """`text` stands at `place` in the row of marks. `cue` is what a small word does ("idle" where that is nothing),
    `said` of what an adjective is said: the end, the words, its form. A word may do something and be a name as
    well. `yearless`: a span whose year is not said; `loose`: what a span can mean as well."""

    text: str
    place: int
    cue: str = ""
    names: tuple[Meaning, ...] = ()
    number: float | None = None
    unit: Unit | None = None
    span: Span | None = None
    said: tuple[int, tuple[str, ...], str] | None = None
    strange: bool = False
    yearless: bool = False
    loose: Span | None = None
    initial: bool = False

    def of(self, kind: str, least: float = 0.0) -> tuple[Meaning, ...]:
        """What it may name of a kind, the surest first."""
        return tuple(name for name in self.names if name.kind == kind and name.weight >= least)

    @property
    def plain(self) -> str:
        return self.text.casefold()

    @property
    def first(self) -> str:
        """Its first word."""
        return self.plain.split(" ")[0]

    @property
    def value(self) -> int | float:
        """Its number, as an integer where it is one; 0 without one."""
        number = self.number or 0
        return int(number) if number == int(number) else number


NOWHERE = Mark("", -1, "end")
"""What stands before the first mark and behind the last: it names nothing, does nothing, and can mean nothing."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """`corrected` are slips with what they were read as."""

    marks: tuple[Mark, ...]
    corrected: tuple[tuple[str, str], ...] = ()


def sentence(text: str, lexicon: Lexicon, now: datetime) -> Sentence:
    """The marks of a question's first characters."""
    text = text[:LONGEST]
    text, corrected = _put_right(text, lexicon)
    row = _row(text, lexicon)
    ends: list[tuple[int, int]] = []
    times = {found.start: found for found in spans(text, now, old=lexicon.has_years)}
    quoted = _quoted(text)
    marks: list[Mark] = []
    at = 0
    while at < len(row):
        time = next((found for start, found in times.items() if start <= row[at].start < found.end), None)
        lettered = bool(marks) and _lettered(row[at], marks[-1], lexicon)
        before = marks[-1].cue if marks else ""
        length, mark = _mark(row, at, lexicon, time, before, quoted=row[at].start in quoted or lettered)
        said = text[row[at].start : row[at + length - 1].end] or row[at].text
        cue = mark.cue
        if cue == "which" and marks and row[at].plain in _RELATIVE and (marks[-1].names or marks[-1].strange):
            cue = "idle"  # "customers who"
        if cue == "share" and marks and marks[-1].number is not None:
            cue = "percent"
        mark = replace(mark, number=_OFTEN.get(cue, mark.number))
        marks.append(replace(mark, text=" ".join(said.split()), place=len(marks), cue=cue, initial=not marks))
        ends.append((row[at].start, row[at + length - 1].end))
        at += length
    marks = [_of_event(mark, marks, lexicon) for mark in marks]
    broken = {at for at in range(1, len(ends)) if _STOPS & set(text[ends[at - 1][1] : ends[at][0]])}
    return Sentence(tuple(_without_ignored(marks, broken, lexicon)), corrected)


def _of_event(mark: Mark, marks: Sequence[Mark], lexicon: Lexicon) -> Mark:
    """A "year" that only says what the column behind it holds: "the year a bridge was built" of `yr_built`."""
    for item in marks[mark.place + 1 : mark.place + _EVENT] if mark.unit == "year" else ():
        columns = item.of("column", 0.5)
        if columns and lexicon.is_year(columns[0].source, columns[0].column):
            return replace(mark, cue="idle", unit=None, names=())
        if item.cue != "idle" and not item.of("table"):
            break
    return mark


def _quoted(text: str) -> set[int]:
    """The places between double quotes."""
    ends = [at for at, letter in enumerate(text) if letter == '"']
    return {at for first, last in zip(ends[::2], ends[1::2], strict=False) for at in range(first, last + 1)}


def _without_ignored(marks: list[Mark], broken: set[int], lexicon: Lexicon) -> list[Mark]:
    """The marks, of which a wish to leave out what is missing only ignores: "just skip the stays without one"."""
    for at, mark in enumerate(marks):
        behind = marks[at + 1].cue if at + 1 < len(marks) else ""
        if not (
            mark.plain in cues().leaving
            or (mark.cue == "not" and mark.plain in _PARTED)
            or (mark.cue in _REFUSING and (behind == "count" or mark.cue == "ignore"))
        ):
            continue
        last = next((end for end in range(at + 1, len(marks)) if end in broken or marks[end].text == ","), len(marks))
        clause = marks[at:last]
        if not any(item.cue in ("missing", "ignore") or _lacking(item, clause, lexicon) for item in clause):
            continue
        for place, item in enumerate(clause, start=at):
            column = item.cue in ("", "unit") and bool(item.of("column", 0.5))
            marks[place] = replace(item, cue="ignored" if column else "ignore", strange=False, number=None, unit=None,
                                   said=None, names=item.of("column") if column else ())  # fmt: skip
    return marks


def _lacking(mark: Mark, clause: Sequence[Mark], lexicon: Lexicon) -> bool:
    """Whether "without" is said of what rows lack, and not of a no."""
    if mark.cue != "without":
        return False
    named = [name for item in clause for name in item.of("column", 0.5) if item.place > mark.place]
    profiles = [lexicon.profiles.get((name.source, name.column)) for name in named]
    return not named or any(profile is not None and profile.missing for profile in profiles)


def _lettered(token: Token, before: Mark, lexicon: Lexicon) -> bool:
    """Whether a single capital is a value of the column that is named before it: "rating A"."""
    if len(token.text) != 1 or not token.text.isupper():
        return False
    columns = {(name.source, name.column) for name in before.of("column", 0.5)}
    return any(
        (name.source, name.column) in columns for name in lexicon.meanings((token.stem,)) if name.value == token.text
    )


def _joined(text: str, lexicon: Lexicon) -> Iterator[Token]:
    """The words of a text; two with a hyphen between them as one where that is a name and they are none: "e-books"."""
    row = tokens(text)
    at = 0
    while at < len(row):
        pair = row[at : at + 2]
        whole = Token(f"{pair[0].text}{pair[-1].text}", pair[0].start, pair[-1].end)
        hyphened = len(pair) == 2 and text[pair[0].end : pair[1].start] == "-"
        one = hyphened and not lexicon.meanings((pair[0].stem,)) and lexicon.longest([whole], 0)[0]
        yield whole if one else row[at]
        at += 2 if one else 1


def _put_right(text: str, lexicon: Lexicon) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The text with its slips put right, and these."""
    corrected: list[tuple[str, str]] = []
    kept, end, before = [], 0, ""
    for token in _joined(text, lexicon):
        bare = token.plain.removeprefix("non").removeprefix("un")
        opposed = cues().opposites.get(token.plain) or (bare != token.plain and lexicon.meanings((stem(bare),)))
        right = None if opposed else lexicon.corrected(token, before)
        if right is not None:
            corrected.append((token.text, right.text))
            kept += [text[end : token.start], right.text]
            end = token.end
        before = (right or token).plain
    return "".join((*kept, text[end:])), tuple(corrected)


def _row(text: str, lexicon: Lexicon) -> list[Token]:
    row: list[Token] = []
    by_how = "by how " in text.casefold()
    for token in _joined(text, lexicon):
        prefix = next((item for item in _NOT if token.plain.startswith(item)), "")
        rest = Token(token.text[len(prefix) :], token.start + len(prefix), token.end)
        bare = (rest.stem,)
        opposite = cues().opposites.get(token.plain, "")
        if opposite and not lexicon.meanings((token.stem,)) and lexicon.meanings((stem(opposite),)):
            row += [Token("not", token.start, token.start), Token(opposite, token.start, token.end)]
            continue
        if prefix and len(rest.text) > 3 and not lexicon.meanings((token.stem,)) and lexicon.meanings(bare):
            row += [Token("not", token.start, token.start + len(prefix)), rest]
            continue
        more = token.plain.removeprefix("out")
        known = token.plain == more or not by_how or lexicon.meanings((token.stem,))
        if not known and lexicon.meanings((stem(more),)):  # "outweighs"
            row += [Token("more", token.start, token.start), Token(more, token.start, token.end)]
            continue
        row.append(token)
    return _rejoined(row, text)


def _rejoined(row: list[Token], text: str) -> list[Token]:
    """The words, the two of "leave the cancelled ones out" together."""
    for at, token in enumerate(row):
        if token.plain not in _PARTED:
            continue
        clause = row[at + 1 : at + _APART]
        out = next((item for item in clause if item.plain == "out"), None)
        if out is not None and out is not clause[0] and not _STOPS & set(text[token.end : out.start]):
            row.remove(out)
            row.insert(at + 1, Token(out.text, token.end, token.end))
    return row


def _mark(
    row: Sequence[Token], at: int, lexicon: Lexicon, time: Found | None, before: str, *, quoted: bool
) -> tuple[int, Mark]:
    """How many tokens the mark at a place takes, and what it is; not yet its text and place. `before` is what the mark
    before it does."""
    token = row[at]
    length, names = _names(row, at, lexicon, counted=before == "count")
    exact = bool(names) and names[0].weight >= _EXACT
    if time is not None and not (exact and length > 1 and row[at + length - 1].end >= time.end):
        return sum(time.start <= other.start < time.end for other in row[at:]), Mark(
            "", 0, span=time.span, yearless=time.yearless, loose=time.loose
        )
    size, cue, unit = _cue(row, at)
    averages = [item.plain for item in row[: at + size]].count("average") > 1
    if cue.startswith("beyond") and averages:  # "than the average stone one"
        size, cue = 1, "idle"
    if cue.startswith("beyond") and exact and length >= size:
        size, cue = 0, ""
    capital = len(token.text) > 1 and token.text.isupper() and any(name.value == token.text for name in names)
    if quoted or capital:
        size = 0
    elif exact and cue == "range" and length < size:
        size = length  # "range of", where it is a column
    elif length == 1 and size:  # "no", "in", "it": small words before values
        names = tuple(name for name in names if _besides(name, cue, exact=exact))
    number, taken = (1.0, 1) if token.plain == "one" and before in _COMPARING else _number(row, at)
    if number is not None and not (exact and (length > taken or names[0].kind == "value")):
        return taken, Mark("", 0, number=number)
    said = adjective(token.plain)
    if names and (length > size or (length == size and exact and cue == "idle")):
        return length, Mark("", 0, names=names, said=said if length == 1 else None)
    if size:
        return size, Mark("", 0, cue, names if length == size else (), unit=unit, said=said if size == 1 else None)
    if token.plain in _ORDINALS:
        return 1, Mark("", 0, "ordinal", number=float(_ORDINALS[token.plain]))
    if said or not token.text[0].isalnum():
        return 1, Mark("", 0, "adjective" if said else "idle", said=said)
    likened = lexicon.likened(token)
    return 1, Mark("", 0, names=likened, strange=not likened)


def _names(row: Sequence[Token], at: int, lexicon: Lexicon, *, counted: bool) -> tuple[int, tuple[Meaning, ...]]:
    """What the words from a place on name: an adjective only what is called so, and the rows no part of a column. What
    is counted is a table before anything else: "how many parts cost ..."."""
    length, names = lexicon.longest(row, at)
    for size in range(length - 1, 0, -1) if counted and names and names[0].kind == "column" else ():
        table = lexicon.meanings(tuple(token.stem for token in row[at : at + size]))
        if table and table[0].kind == "table" and table[0].weight >= _EXACT:
            return size, table
    if length == 2 and row[at].plain.endswith("s") and row[at + 1].plain in _PLACING and names[0].of in DAYS:
        length, names = lexicon.longest(row[at : at + 1], 0)  # "samples at", though there is `sampled_at`
    if length == 1 and names and names[0].weight < 0.9 and adjective(row[at].plain):
        return 0, ()
    if any(name.kind == "table" and name.weight >= _EXACT for name in names):
        names = tuple(name for name in names if name.kind != "column" or name.weight > _LIKELY + 0.05)
    return length, names


def _besides(name: Meaning, cue: str, *, exact: bool) -> bool:
    """Whether a small word can be a name as well."""
    if name.kind == "value":
        told = cue == "missing" and name.weight >= 0.9  # "U for unknown"
        return told or (cue != "idle" and name.weight == 1.0 and (exact or cue in ("count", "list")))
    return exact or cue in ("count", "list") or name.weight >= _LIKELY


def _cue(row: Sequence[Token], at: int) -> tuple[int, str, Unit | None]:
    """The longest phrase of small words at a place: how many, what it does, and the unit of time that it names."""
    known = cues()
    for size in range(min(LONGEST_CUE, len(row) - at), 0, -1):
        phrase = tuple(token.plain for token in row[at : at + size])
        if phrase in known.beyond:
            return size, f"beyond {known.beyond[phrase]}", None
        if phrase in known.kinds:
            return size, known.kinds[phrase], None
        if phrase in known.units:
            return size, "unit", known.units[phrase]
    if row[at].plain in known.rows:
        return 1, "rows", None
    return (1, "idle", None) if row[at].plain in known.idle else (0, "", None)


def _number(row: Sequence[Token], at: int) -> tuple[float | None, int]:
    """The number that begins at a place, and how many tokens it takes."""
    token = row[at]
    scale = next((item for item in ("bn", "k", "m") if token.plain.endswith(item)), "")
    digits = Token(token.text.removesuffix(token.text[-len(scale) :]) if scale else "", token.start, token.end)
    scaled = digits.number if digits.text[:1].isdigit() else None
    value = scaled * _SCALES[scale] if scaled is not None else token.number
    if value is None:
        return None, 0
    follows = row[at + 1].plain if at + 1 < len(row) else ""
    if follows in _SCALES and len(follows) > 2:
        return value * _SCALES[follows], 2
    return value, 1
