"""Guided diagnosis as data: symptoms, their causes, and the check that tells one cause from the others.

Read from every table that has the columns symptom, cause and check. Of the other columns each may be missing:

- also called: other words for the symptom; first: what to do before any check (once per symptom)
- applies to: the vehicles that can have the cause
- likelihood: very often, often, sometimes or rarely
- if yes, if no: what the answer to the check does to the cause: confirms, likelier, unlikelier or excludes
- signs: what customers say who have the cause
- what to do; may drive on, or may go on using: yes, limited or no; done by: customer, workshop or assistance
- work: what a workshop is booked for
- codes: trouble codes that the cause sets

Lists are separated by semicolons.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from agents.diagnosis.codes import bare
from agents.passages.table_rows import MAY, TableRow, UnreadRow, applicable, listed, strangers, tables
from agents.types import Evidence
from agents.vehicles.applicability import Cars, Fitment, fitment_of
from agents.vehicles.range import Vehicles
from rag.types import Chunk, Place

Effect = Literal["confirms", "likelier", "unlikelier", "excludes", ""]
By = Literal["customer", "workshop", "assistance"]

LIKELIHOOD = {"very often": 8.0, "often": 4.0, "sometimes": 2.0, "rarely": 1.0}
"""Weights of the causes of one symptom against each other: each word is twice the next. Documents of makers give an
order of frequency rather than shares, and an order is all that the ranking needs."""
_EFFECTS: dict[str, Effect] = {
    "confirms": "confirms", "likelier": "likelier", "more likely": "likelier", "unlikelier": "unlikelier",
    "less likely": "unlikelier", "excludes": "excludes",
}  # fmt: skip
_BY: dict[str, By] = {"customer": "customer", "workshop": "workshop", "assistance": "assistance"}
_WORDS: Mapping[str, Collection[str]] = {
    "if yes": _EFFECTS,
    "if no": _EFFECTS,
    "likelihood": LIKELIHOOD,
    "done by": _BY,
    "may drive on": MAY,
    "may go on using": MAY,
}


@dataclass(frozen=True, slots=True)
class Cause:
    """One row. `check` is a question to the customer that can be answered with yes or no, "" where only a workshop can
    tell; `weight` how likely the cause is before any check, against the symptom's others."""

    name: str
    cars: Cars
    weight: float
    check: str
    if_yes: Effect
    if_no: Effect
    signs: tuple[str, ...]
    remedy: str
    done_by: By
    work: str
    may_drive_on: str
    may_use_on: str
    codes: tuple[str, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Symptom:
    """`also` are other words for it; `first` is to be done before anything else, "" for nothing, and stands in the row
    `first_evidence`."""

    name: str
    also: tuple[str, ...]
    first: str
    causes: tuple[Cause, ...]
    first_evidence: Evidence | None = None

    @property
    def cars(self) -> Cars:
        """The cars that can have it."""
        return frozenset(car for cause in self.causes for car in cause.cars)


@dataclass(frozen=True, slots=True)
class GuidedChecks:
    """All symptoms, in the order of the documents; `fitment` knows the cars. `unread`: rows with cells that say
    nothing, as they are none of the words for it, and those without a symptom or a cause."""

    symptoms: tuple[Symptom, ...]
    fitment: Fitment
    unread: tuple[UnreadRow, ...] = ()

    def holds(self, place: Place) -> bool:
        """Whether a place is in one of the tables that the checks come from."""
        causes = (cause for symptom in self.symptoms for cause in symptom.causes)
        return any(cause.evidence.passage.chunk.id == place.chunk.id for cause in causes)

    def at(self, place: Place) -> Symptom | None:
        """The symptom in whose row a place is."""
        for symptom in self.symptoms:
            for evidence in (cause.evidence for cause in symptom.causes):
                begins = place.start is not None and evidence.start <= place.start < evidence.end
                if begins and evidence.passage.chunk.document_id == place.chunk.document_id:
                    return symptom
        return None

    def named(self, name: str) -> Symptom | None:
        return next((symptom for symptom in self.symptoms if symptom.name.casefold() == name.casefold()), None)


@dataclass(slots=True)
class _Draft:
    also: list[str] = field(default_factory=list)
    first: str = ""
    first_evidence: Evidence | None = None
    causes: list[Cause] = field(default_factory=list)


def parse(chunks: Sequence[Chunk], vehicles: Vehicles) -> GuidedChecks:
    """The symptoms of all tables of guided checks; a symptom that several tables name is one."""
    fitment = fitment_of(vehicles)
    drafts: dict[str, _Draft] = {}
    unread: list[UnreadRow] = []
    with_checks = (table for table in tables(chunks) if any("check" in row.cells for row in table))
    for row in (row for table in with_checks for row in table):
        if not {"symptom", "cause"} & row.cells.keys():
            continue
        if problems := (*_unknown(row), *strangers(row, ("applies to",), fitment)):
            unread.append(UnreadRow(row.evidence, problems))
        if {"symptom", "cause"} <= row.cells.keys():
            draft = drafts.setdefault(row.cells["symptom"], _Draft())
            draft.also += listed(row.cells.get("also called", ""))
            if not draft.first and row.cells.get("first"):
                draft.first, draft.first_evidence = row.cells["first"], row.evidence
            draft.causes.append(_cause(row, fitment))
    symptoms = (
        Symptom(name, tuple(draft.also), draft.first, tuple(draft.causes), draft.first_evidence)
        for name, draft in drafts.items()
    )
    return GuidedChecks(tuple(symptoms), fitment, tuple(unread))


def _unknown(row: TableRow) -> Iterator[str]:
    """The cells that are empty, and those that are none of the words that are known there."""
    for column in ("symptom", "cause"):
        if column not in row.cells:
            yield f"{column!r} is empty, so that the row is left out"
    for column, known in _WORDS.items():
        said = row.cells.get(column, "")
        if said and said.casefold() not in known:
            yield f"{column!r} is {said!r}, which says nothing: write {', '.join(known)}, or leave it empty"


def _cause(row: TableRow, fitment: Fitment) -> Cause:
    cell = row.cells.get
    remedy = cell("what to do", "")
    return Cause(
        name=row.cells["cause"],
        cars=applicable(cell("applies to", ""), fitment),
        weight=LIKELIHOOD.get(cell("likelihood", "").casefold(), LIKELIHOOD["sometimes"]),
        check=cell("check", ""),
        if_yes=_EFFECTS.get(cell("if yes", "").casefold(), ""),
        if_no=_EFFECTS.get(cell("if no", "").casefold(), ""),
        signs=listed(cell("signs", "")),
        remedy=remedy,
        done_by=_BY.get(cell("done by", "").casefold(), "workshop"),
        work=cell("work", "") or row.cells["cause"],
        may_drive_on=cell("may drive on", "").casefold(),
        may_use_on=cell("may go on using", "").casefold(),
        codes=tuple(map(bare, listed(cell("codes", "")))),
        evidence=row.evidence,
    )
