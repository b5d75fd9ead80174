"""Reads English questions about tables, columns and their relationships: which of the small words of `cues.toml` stand
in them, and which tables they name. Pure; made for short questions, not prose."""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from agents.analyst.reading.tokens import Token, tokens
from agents.dataset import Table
from agents.datasets.identifiers import singular
from agents.explorer.linking import (
    MOST_CHARACTERS,
    Mention,
    closest,
    columns_said,
    mentions,
    small,
    standing,
    table_missing,
)
from agents.explorer.requests import (
    Aspect,
    Description,
    Direction,
    Help,
    Kind,
    Listing,
    Missing,
    Relationships,
    Request,
    Where,
    about,
)
from agents.language.words import FUNCTION_WORDS, words

_LONGEST_CUE = 5
_NEAR = 5
"""Words between those of one question's parts."""
_SHORT = 80
_FEW = 4
_PLURAL = frozenset({"tables", "dataset", "datasets", "database", "databases", "entities", "data"})
_TABLE = frozenset({"table", "tables", "column", "columns"})
_COLUMN = frozenset({"column", "field"})
_DATASET = frozenset({"dataset", "database", "schema"})
_ASPECTS: tuple[Aspect, ...] = ("rows", "primary key", "empty", "unique")


@lru_cache(maxsize=1)
def cues() -> Mapping[str, Any]:
    """What `cues.toml` says; `phrases` by their words in the singular."""
    read: dict[str, Any] = tomllib.loads(Path(__file__).with_name("cues.toml").read_text(encoding="utf-8"))
    phrases: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for kind, listed in read["phrases"].items():
        for phrase in listed:
            phrases[tuple(singular(token.plain) for token in tokens(phrase))].add(kind)
    held = {phrase[0] for phrase, kinds in phrases.items() if kinds & {"store", "hold"} and len(phrase) == 1}
    return {**read, "phrases": phrases, "idle": held | set(read["words"]["polite"].split())}


@dataclass(frozen=True, slots=True)
class Before:
    """What the last answer was about: how its tables were looked at, and which they were."""

    kind: Kind | None = None
    tables: tuple[Table, ...] = ()


class _Heard:
    """A question with its words (`said` in the singular, `plain` as they are), what its small ones do and where, the
    tables it names, and the `rest`: words that carry meaning and belong to neither."""

    def __init__(self, text: str, tables: Sequence[Table], before: Before = Before()) -> None:
        self.text = text[:MOST_CHARACTERS]
        self.before = before
        self.named = mentions(self.text, tables)
        self.row = tokens(self.text)
        self.plain = [token.plain for token in self.row]
        self.said = list(map(singular, self.plain))
        self.places: dict[str, list[int]] = defaultdict(list)
        for at in range(len(self.said)):
            for size in range(1, _LONGEST_CUE + 1):
                for kind in cues()["phrases"].get(tuple(self.said[at : at + size]), ()):
                    self.places[kind].append(at)
        left = list(self.text)
        for mention in self.named:
            left[mention.start : mention.end] = " " * (mention.end - mention.start)
        self.rest = _meaning("".join(left))
        self.whole = any(mention.whole for mention in self.named)
        self.points_back = self.has("pronoun") and bool(before.tables)

    def has(self, *kinds: str) -> bool:
        return any(kind in self.places for kind in kinds)

    def then(self, first: str, other: str, within: int = _NEAR) -> bool:
        """Whether words of these kinds follow each other near by."""
        places = self.places.get(other, ())
        return any(0 < at - end <= within for at in places for end in self.places.get(first, ()))

    def begins(self, kind: str) -> bool:
        return 0 in self.places.get(kind, ())

    def any(self, some: Iterable[str]) -> bool:
        return not set(some).isdisjoint((*self.said, *self.plain))

    @property
    def slots(self) -> tuple[tuple[Table, ...], ...]:
        return tuple(mention.tables for mention in self.named)


def asked(text: str, tables: Sequence[Table], before: Before = Before()) -> Request:
    """What a question asks of these tables; Help where that cannot be read."""
    if name := table_missing(text[:MOST_CHARACTERS], tables):
        return _missing([name], tables)
    heard = _Heard(text, tables, before)
    for reading in (_by_kind, _particular, _listing, _relationships, _where, _description, _bare):
        request = reading(heard, tables)
        if request is not None:
            return request
    found = columns_said(heard.text, tables) if 0 < len(heard.rest) <= _FEW else None  # "what does severity mean?"
    return Where(found[0][1]) if found else Help()


def dataset_said(text: str, datasets: Iterable[str], tables: Sequence[Table]) -> tuple[str | None, str]:
    """The dataset or schema that a question names, if it does, and the question without it: "the tables in fleet", "of
    the fleet dataset". A bare name is none where a table has it too."""
    plain = text[:MOST_CHARACTERS]
    row = tokens(plain)
    for name in sorted(datasets, key=len, reverse=True):
        size = len(called := [token.plain for token in tokens(name)])
        for at in range(len(row) - size + 1 if size else 0):
            if [token.plain for token in row[at : at + size]] != called:
                continue
            first, last = _introduced(row, at, at + size)
            loose = row[first].plain in ("in", "of", "from") and not any(item.whole for item in mentions(name, tables))
            if loose or any(token.plain in _DATASET for token in (*row[first:at], *row[at + size : last])):
                return name, f"{plain[: row[first].start]} {plain[row[last - 1].end :]}"
    return None, text


def _introduced(row: Sequence[Token], first: int, last: int) -> tuple[int, int]:
    """The places of a name together with what introduces it: "in the fleet dataset", "of dataset fleet"."""
    if last < len(row) and row[last].plain in _DATASET:
        last += 1
    for leading in (_DATASET, {"the"}, {"in", "of", "from"}):
        if first and row[first - 1].plain in leading:
            first -= 1
    return first, last


def leftover(text: str, tables: Sequence[Table]) -> bool:
    """Whether a message says anything beside names of tables and words of questions about them."""
    return bool(_Heard(text, tables).rest)


def surely(text: str, request: Request, tables: Sequence[Table]) -> bool:
    """Whether a message is about tables even where nobody said so: it has a word that only tables have, and names what
    there is."""
    heard = _Heard(text, tables)
    said = set(heard.plain)
    whole = [mention for mention in heard.named if mention.whole]
    exactly = any("_" in heard.text[mention.start : mention.end] for mention in whole)
    match request:
        case Listing():
            return bool(said & {"tables", "datasets", "databases"}) and not heard.rest
        case Relationships():
            return exactly or len(whole) > 1 or bool(said & {"erd", "er"} or (whole and said & _TABLE))
        case Help() | Missing():
            return False
    return exactly or bool(said & _TABLE and heard.named)


def _by_kind(heard: _Heard, tables: Sequence[Table]) -> Request | None:
    """Tables or columns by what they are, not by what they are called."""
    said = heard.said
    if said and said[-1] in cues()["kinds"] and heard.any(_COLUMN):
        before = [at for at in range(len(said) - 1) if said[at] not in ("a", "an", "the", "type")]
        if before and before[-1] in heard.places["typed"]:
            return Where(said[-1])
    if heard.whole:
        return None
    alone = heard.then("not", "connected") or heard.has("alone")
    views = "views" in heard.plain and all(singular(word) == "view" for word in heard.rest)
    sized = heard.any(("table", "dataset"))
    kinds = {
        Listing(only="tables without primary key"): "table" in said and heard.then("lacking", "key"),
        Listing(only="tables without relations"): "table" in said and alone,
        Listing(only="views"): views,
        Listing(order="smallest"): sized and heard.has("smallest"),
        Listing(order="largest"): sized and (heard.has("largest") or heard.then("size", "each")),
    }
    return next((listing for listing, meant in kinds.items() if meant), None)


def _particular(heard: _Heard, tables: Sequence[Table]) -> Request | None:
    """One thing of the one table that is named."""
    aspect = next((aspect for aspect in _ASPECTS if heard.has(aspect)), None)
    if heard.said[:1] in (["is"], ["are"]) and heard.said[-1:] == ["empty"] and "column" not in heard.said:
        aspect = "rows"
    clear = [item for item in heard.named if len(item.tables) == 1 and not _inside_a_column(heard, item)]
    if len({item.tables for item in clear}) != 1:
        return None
    (table,) = clear[0].tables
    own = [name for at, name in columns_said(heard.text, (table,)) if not any(m.start <= at < m.end for m in clear)]
    if own and not heard.has("joined") and "columns" not in heard.plain:
        return Description((table,), "column", tuple(dict.fromkeys(own)))
    unclear = any(len(item.tables) > 1 for item in heard.named)
    return Description((table,), aspect) if aspect and not unclear else None


def _inside_a_column(heard: _Heard, mention: Mention) -> bool:
    """Whether a table is only named as part of a column's name: `order` in `order_id`."""
    held = {column.name for item in heard.named for table in item.tables for column in table.columns}
    around = ((start, end) for start, end in standing(heard.text, held) if start <= mention.start < mention.end <= end)
    return any(end - start > mention.end - mention.start for start, end in around)


def _listing(heard: _Heard, tables: Sequence[Table]) -> Request | None:
    if not set(heard.said) - (cues()["idle"] | FUNCTION_WORDS | {"schema"}):
        return Listing() if "schema" in heard.said else None
    if not heard.has("list") or heard.has("relate") or _asks_where(heard) or _model(heard) or _refers(heard):
        return None
    if not _PLURAL & set(heard.plain) or heard.any(_COLUMN):
        return None
    places = heard.places.get("about", ())
    subject = _meaning(heard.text[heard.row[places[0]].end :]) if places else []
    if not subject and heard.whole and heard.has("describe"):
        return None
    return Listing(" ".join(subject or (_meaning(heard.text) if heard.named or places else [])))


def _model(heard: _Heard) -> bool:
    """All relationships together: "the data model", "how do the tables hang together"."""
    return heard.has("model") or (heard.said[:1] == ["how"] and heard.has("together"))


def _refers(heard: _Heard) -> bool:
    """ "Which tables use the dealers?" """
    return bool(heard.named or heard.points_back) and heard.then("asking", "else") and heard.has("refer")


def _relationships(heard: _Heard, tables: Sequence[Table]) -> Request | None:
    on_the_way = heard.then("way", "ends") and len(heard.named) > 1
    if not (heard.has("relate") or _refers(heard) or _model(heard) or on_the_way):
        return None
    slots, before = heard.slots, heard.before.tables
    if not slots:
        if before and (heard.points_back or len(heard.said) < 3):
            return Relationships(before, _direction(heard))
        return _missing(heard.rest, tables) if heard.rest else Relationships()
    if heard.points_back and len(slots) == len(before) == 1 and heard.any(("it", "that", "this")):
        slots = ((before[0],), *slots)
    if len(slots) == 1 and heard.rest and heard.has("between"):
        return _missing(heard.rest, tables)
    return about("relate", slots, _direction(heard) if len(slots) == 1 else "both")


def _direction(heard: _Heard) -> Direction:
    incoming = heard.has("referred", "incoming")
    if not incoming and (heard.then("own", "refer", within=20) or heard.has("outgoing")):
        return "out"
    return "in" if incoming or (_refers(heard) and "related" not in heard.said) else "both"


def _asks_where(heard: _Heard) -> bool:
    """ "Which table holds the prices?" Of tables it is asked only whether they have it, not whether they are it."""
    if "to do with" in heard.text.casefold() or (heard.whole and not heard.rest and heard.begins("inside")):
        return False
    stored = "where" in heard.said or (heard.has("store") and heard.any(("which", "what", "how")))
    asking = [at for at in heard.places.get("asking", ()) if heard.said[at] not in ("list", "show", "all")]
    for at, word in enumerate(heard.plain):
        if singular(word) in (*_COLUMN, "table") and any(0 < at - place <= _NEAR for place in asking):
            behind = (*heard.places.get("hold", ()), *(heard.places.get("of", ()) if word != "tables" else ()))
            stored = stored or any(0 < place - at <= _FEW for place in behind)
    return stored and bool(_meaning(heard.text))


def _where(heard: _Heard, tables: Sequence[Table]) -> Request | None:
    columns = {"columns", "fields", "attributes"} & set(heard.plain)
    of_one = columns and (heard.points_back or (heard.named and not heard.rest))
    asked = _asks_where(heard) and not of_one and not _of_unknown(heard)
    return Where(" ".join(_meaning(heard.text))) if asked else None


def _of_unknown(heard: _Heard) -> bool:
    """ "Columns of shoes": names a table, whether or not there is one."""
    return any(one in ("columns", "fields") and other in ("does", "do", "of") for one, other in pairwise(heard.plain))


def _description(heard: _Heard, tables: Sequence[Table]) -> Request | None:
    wants = heard.has("describe") or heard.any(("table", "about", "inside", "in"))
    if heard.named and (wants or not heard.rest) and not heard.begins("again"):
        return about("describe", heard.slots)
    if heard.named or not (heard.has("describe") or "table" in heard.said):
        return None
    if heard.points_back or (heard.before.tables and not heard.rest):
        return about("describe", tuple((table,) for table in heard.before.tables[:3]))
    if not 0 < len(heard.rest) <= _FEW:
        return None
    if heard.any(_COLUMN) and not _of_unknown(heard):
        return Where(" ".join(heard.rest))
    return _missing(heard.rest, tables)


def _bare(heard: _Heard, tables: Sequence[Table]) -> Request | None:
    """A table's name with little around it: what was last asked, of this one."""
    if not heard.named or len(heard.text) > _SHORT or len(heard.rest) > 1:
        return None
    return about(heard.before.kind or "describe", heard.slots)


def _missing(rest: Sequence[str], tables: Sequence[Table]) -> Missing:
    name = " ".join(rest)[:_SHORT]
    return Missing(name, closest(name, tables))


def _meaning(text: str) -> list[str]:
    idle = cues()["idle"]
    return [word for word in words(text) if not (small(word) or word in idle or singular(word) in idle)]
