"""How tables hang together: their foreign keys as relations, what kind of table each is, ways from one to another."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agents.dataset import ForeignKey, Table
from agents.datasets.identifiers import parts

Place = tuple[str, str]
"""Dataset and name of a table."""


_FIRST_WORD = 20


@dataclass(frozen=True, slots=True)
class Relation:
    """The foreign key `key` of `table`, which refers to `to`."""

    table: Table
    key: ForeignKey
    to: Table

    @property
    def optional(self) -> bool:
        """Whether a row may refer to none."""
        nullable = {column.name: column.nullable for column in self.table.columns}
        return any(nullable.get(name, True) for name in self.key.columns)

    @property
    def single(self) -> bool:
        """Whether no two rows refer to the same one: the columns hold the table's whole primary key, or others that no
        two rows have the same values in."""
        keys = (self.table.primary_key, *self.table.unique)
        return any(key and set(key) <= set(self.key.columns) for key in keys)


def place(table: Table) -> Place:
    return table.dataset, table.name


def relations(tables: Iterable[Table]) -> tuple[Relation, ...]:
    """The foreign keys whose both ends are among the tables, in the order of these and of their columns."""
    known = {place(table): table for table in tables}
    return tuple(
        Relation(table, key, to)
        for table in known.values()
        for key in _in_order(table)
        if (to := known.get((table.dataset, key.to_table))) is not None
    )


def _in_order(table: Table) -> list[ForeignKey]:
    at = {column.name: number for number, column in enumerate(table.columns)}
    return sorted(table.foreign_keys, key=lambda key: [at.get(name, len(at)) for name in key.columns])


def kinds(tables: Sequence[Table]) -> dict[Place, str]:
    """Of each table `VIEW`, or `FACT`, `DIMENSION` or `TABLE` (neither) in the sense of a star schema (R. Kimball, The
    Data Warehouse Toolkit): what its name or description begins with, otherwise what the foreign keys say. Facts refer
    to several dimensions, and little refers to them but their own lines. What views refer to says nothing of others."""
    out: dict[Place, set[Place]] = defaultdict(set)
    into: dict[Place, set[Place]] = defaultdict(set)
    for relation in relations(tables):
        if relation.table is not relation.to and not relation.table.view:
            out[place(relation.table)].add(place(relation.to))
            into[place(relation.to)].add(place(relation.table))
    return {place(table): _kind(table, len(out[place(table)]), len(into[place(table)])) for table in tables}


def _kind(table: Table, out: int, into: int) -> str:
    if table.view:
        return "VIEW"
    for told in (table.own_name, table.description[:_FIRST_WORD]):
        first = (parts(told) or ("",))[0]
        if first in ("fact", "fct"):
            return "FACT"
        if first in ("dim", "dimv", "dimension"):
            return "DIMENSION"
    if not out and not into:
        return "TABLE"
    return "FACT" if out and (not into or (out >= 2 and (into == 1 or out >= 3 * into))) else "DIMENSION"


def between(found: Sequence[Relation], tables: Sequence[Table]) -> tuple[Relation, ...]:
    """The relations among some of the tables; where two of them have none, those of all shortest ways from the one to
    the other over further tables, on declared ones alone if there is such a way."""
    others = [match for match in found if match.table is not match.to]
    declared = _edges(other for other in others if other.key.declared)
    edges = _edges(others)
    wanted = list(dict.fromkeys(place(table) for table in tables))
    among = set(wanted)
    chosen = [other for other in others if place(other.table) in among and place(other.to) in among]
    for goal in wanted[1:]:
        if goal not in _steps(_edges(chosen), wanted[0]):
            ways = _ways(declared, wanted[0], goal) or _ways(edges, wanted[0], goal)
            chosen = _once([*chosen, *ways])
    return tuple(chosen)


def _once(found: Iterable[Relation]) -> list[Relation]:
    """Each relation where it comes first. A table is known by its place, for to compare all of it takes long."""
    first: dict[tuple[Place, ForeignKey], Relation] = {}
    for match in found:
        first.setdefault((place(match.table), match.key), match)
    return list(first.values())


Edges = Mapping[Place, Sequence[tuple[Place, Relation]]]


def _edges(found: Iterable[Relation]) -> Edges:
    edges: dict[Place, list[tuple[Place, Relation]]] = defaultdict(list)
    for match in found:
        edges[place(match.table)].append((place(match.to), match))
        edges[place(match.to)].append((place(match.table), match))
    return edges


def _steps(edges: Edges, start: Place) -> dict[Place, int]:
    """How many relations each table that can be reached is away."""
    steps, waiting = {start: 0}, deque([start])
    while waiting:
        here = waiting.popleft()
        for there, _ in edges.get(here, ()):
            if there not in steps:
                steps[there] = steps[here] + 1
                waiting.append(there)
    return steps


def _ways(edges: Edges, start: Place, goal: Place) -> list[Relation]:
    """The relations of all shortest ways, from the start on; none where there is no way."""
    steps = _steps(edges, start)
    ways: list[Relation] = []
    level = {goal} & steps.keys()
    while level - {start}:
        before = [
            (there, edge)
            for here in sorted(level)
            for there, edge in edges[here]
            if steps.get(there) == steps[here] - 1
        ]
        ways = [*(item for _, item in before), *ways]
        level = {there for there, _ in before}
    return _once(ways)
