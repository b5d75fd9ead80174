"""Which rows a question is about, by the noun that says what is counted."""

from collections.abc import Sequence

from agents.analyst.reading.plan import Source
from agents.analyst.reading.sentence import Mark


def subject(marks: Sequence[Mark]) -> Mark | None:
    """The mark that says what rows are asked about: behind "how many", or else the first that is not grouped by."""
    tables = [mark for mark in marks if mark.of("table", 0.35) and not mark.unit and not mark.of("column", 0.9)]
    for count in (mark.place for mark in marks if mark.cue == "count"):
        if counted := [mark for mark in tables if count < mark.place <= count + 3]:
            return counted[0]
    return next((mark for mark in tables if not _grouped(marks, mark)), None)


def _grouped(marks: Sequence[Mark], mark: Mark) -> bool:
    return any(other.cue == "by" for other in marks[max(0, mark.place - 2) : mark.place])


def subject_bonus(marks: Sequence[Mark], source: Source) -> float:
    """How much speaks for a table because the question calls its rows by name: most where rows are counted, because
    figures are where they stand, but rows are what they are called."""
    mark = subject(marks)
    weight = next((item.weight for item in mark.of("table") if item.source == source), 0.0) if mark else 0.0
    cues = {other.cue for other in marks}
    rows = "count" in cues or not cues & {"sum", "average", "median"}
    return weight * (2.0 if rows and "distinct" not in cues else 1.0)
