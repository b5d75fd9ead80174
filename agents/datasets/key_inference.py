"""Foreign keys that nobody declared, inferred from the names and types of columns. Pure; what is inferred says why.

Conventions read here: a column named after a table (`vehicle_id`, `homeDealerKey`), one with the name of another
table's key (`vin`), all columns of a composite key, and one that points into its own table (`parent_id`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from agents.dataset import Column, ForeignKey, Table
from agents.datasets.identifiers import ID_WORDS, parts, subject
from agents.language.words import vocabulary

_GENERIC = ID_WORDS | vocabulary("name date type status value year position line version pk rowid")
"""Names that say nothing of whose key they are."""
_OWN = vocabulary("parent manager supervisor superior previous next predecessor successor root origin original")
"""What a column is called that refers to another row of its own table."""
_KEY_KINDS = frozenset({"integer", "number", "text", "other"})


@dataclass(frozen=True, slots=True)
class _Target:
    """A table with the one column that its rows are known by; `declared` whether the database says so."""

    table: Table
    key: Column
    declared: bool


def inferred(tables: Sequence[Table]) -> tuple[Table, ...]:
    """The tables with the foreign keys that can be inferred, behind those they have. Doing it again changes nothing."""
    of: dict[str, list[Table]] = defaultdict(list)
    for table in tables:
        of[table.dataset].append(table)
    sights = {name: _Sight(members) for name, members in of.items()}
    return tuple(sights[table.dataset].with_inferred(table) for table in tables)


class _Sight:
    """What the tables of one dataset can be known by."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self._by_subject: dict[tuple[str, ...], list[_Target]] = defaultdict(list)
        self._by_key: dict[str, list[_Target]] = defaultdict(list)
        self._composite: dict[str, list[Table]] = defaultdict(list)
        for table in tables:
            if len(table.primary_key) > 1:
                self._composite[table.primary_key[0].casefold()].append(table)
            for target in _target(table):
                self._by_subject[subject(table.own_name)].append(target)
                self._by_key[target.key.name.casefold()].append(target)

    def with_inferred(self, table: Table) -> Table:
        """A column that is part of a foreign key already says by that one what it refers to."""
        declared = {key.columns for key in table.foreign_keys}
        new_keys = [key for key in self._composites(table) if key.columns not in declared]
        taken = {name for key in (*table.foreign_keys, *new_keys) for name in key.columns}
        for column in table.columns:
            if column.name not in taken and column.kind in _KEY_KINDS:
                new_keys += filter(None, [self._reference(table, column)])
        return replace(table, foreign_keys=(*table.foreign_keys, *new_keys)) if new_keys else table

    def _reference(self, table: Table, column: Column) -> ForeignKey | None:
        own = table.primary_key == (column.name,)
        words = parts(column.name)
        if len(words) > 1 and words[-1] in ID_WORDS:
            named = self._named(table, column, words[:-1])
            if named is not None or own:
                return named
            if words[:-1] == ("report", "to") or words[-2] in _OWN:
                return self._itself(table, column)
        return None if own else self._same_name(table, column)

    def _named(self, table: Table, column: Column, words: tuple[str, ...]) -> ForeignKey | None:
        """A reference to the table that the column is named after; the longest name counts: of `home_dealer_id`, a
        table `home_dealers` before `dealers`."""
        for start in range(len(words)):
            targets = [
                candidate
                for candidate in self._by_subject.get(words[start:], ())
                if candidate.table is not table and _fits(column, candidate)
            ]
            targets = [target for target in targets if target.table.schema == table.schema] or targets
            if len(targets) == 1:
                return _to(column, targets[0], f"`{column.name}` is named after `{targets[0].table.name}`")
            if targets:
                return None
        return None

    def _itself(self, table: Table, column: Column) -> ForeignKey | None:
        for target in _target(table):
            if target.declared and target.key.name != column.name and _fits(column, target):
                return _to(column, target, f"`{column.name}` names another row of the same table")
        return None

    def _same_name(self, table: Table, column: Column) -> ForeignKey | None:
        words = parts(column.name)
        if not words or (len(words) == 1 and words[0] in _GENERIC):
            return None
        holders = [
            candidate for candidate in self._by_key.get(column.name.casefold(), ()) if candidate.table is not table
        ]
        targets = [holder for holder in holders if holder.declared and _fits(column, holder)]
        if len(targets) != 1 or len(holders) != 1:
            return None
        return _to(column, targets[0], f"`{column.name}` has the name of the key of `{targets[0].table.name}`")

    def _composites(self, table: Table) -> Iterator[ForeignKey]:
        """References by all columns of another table's composite key; never between two tables that have the same
        key, nor to one that only links others: its key is made of their keys."""
        own = {column.name.casefold(): column for column in table.columns}
        fitting: dict[frozenset[str], list[Table]] = defaultdict(list)
        for target in (candidate for name in own for candidate in self._composite.get(name, ())):
            columns = [own.get(name.casefold()) for name in target.primary_key]
            theirs = {column.name: column for column in target.columns}
            if target is table or _links_only(target) or set(target.primary_key) == set(table.primary_key):
                continue
            if all(
                column is not None and name in theirs and _same_type(column, theirs[name])
                for name, column in zip(target.primary_key, columns, strict=True)
            ):
                fitting[frozenset(name.casefold() for name in target.primary_key)].append(target)
        for targets in fitting.values():
            if len(targets) == 1:
                target = targets[0]
                names = tuple(own[name.casefold()].name for name in target.primary_key)
                reason = f"the columns have the names and types of the key of `{target.name}`"
                yield ForeignKey(names, target.name, target.primary_key, declared=False, reason=reason)


def _target(table: Table) -> Iterator[_Target]:
    """The column that the table's rows are known by: its primary key, or where it declares none, a column that is
    called like one: `id`, or `vehicle_id` in `vehicles`. Nothing refers to a view."""
    if table.view:
        return
    columns = {column.name: column for column in table.columns}
    if len(table.primary_key) == 1 and table.primary_key[0] in columns:
        yield _Target(table, columns[table.primary_key[0]], True)
    if table.primary_key:
        return
    names = {("id",), *((*subject(table.own_name), word) for word in ID_WORDS)}
    called = [column for column in table.columns if parts(column.name) in names]
    if len(called) == 1:
        yield _Target(table, called[0], False)


def _links_only(table: Table) -> bool:
    columns = {name for key in table.foreign_keys if len(key.columns) == 1 for name in key.columns}
    return set(table.primary_key) <= columns


def _fits(column: Column, target: _Target) -> bool:
    return _same_type(column, target.key)


def _same_type(column: Column, other: Column) -> bool:
    numeric = {"integer", "number"}
    if column.kind == other.kind:
        return column.kind != "other" or column.type.casefold() == other.type.casefold()
    return {column.kind, other.kind} == numeric


def _to(column: Column, target: _Target, reason: str) -> ForeignKey:
    role = "its key" if target.declared else "what looks like its key"
    why = f"{reason} and has the type of {role} `{target.key.name}`"
    return ForeignKey((column.name,), target.table.name, (target.key.name,), declared=False, reason=why)
