"""The columns that "who" asks for: those that hold persons, by their names or by their values."""

from agents.analyst.reading.cues import cues
from agents.analyst.reading.plan import Field, Plan
from agents.analyst.reading.question import Question
from agents.analyst.reading.scope import Scope
from agents.analyst.reading.tokens import parts, stem
from agents.datasets.identifiers import ID_WORDS
from agents.language.words import vocabulary

_ASKING = vocabulary("who whose who's")
_NAME = "name"
_OWN = vocabulary("first last full given family middle sur nick")
"""Before "name" these say that it is a person's."""
_IDS = ID_WORDS - {"number", "num"}
_DOER = ("er", "or", "ers", "ors")
_MOST = 0.6


def is_person(scope: Scope, field: Field) -> bool:
    """Whether a column holds persons: its name says who, or what somebody does while its values look like names. A
    bare name is that of whatever the rows are."""
    words = parts(field.column)
    if (field.kind != "text" and words[-1] not in _IDS) or scope.says(field, "place"):
        return False
    kept = [word for word in words if word not in (_NAME, "names")]
    if not kept or set(kept) & _OWN:
        return len(kept) < len(words)
    if any(stem(word) in cues().columns["who"] for word in kept):
        return True
    values = scope.lexicon.values.get((scope.at(field), field.column), ())
    called = sum(map(_called, values))
    return kept[-1].endswith(_DOER) and bool(values) and called >= _MOST * len(values)


def _called(text: str) -> bool:
    """Whether a value looks like a person's name: two or more words in capitals, or initials."""
    names = text.split(" ")
    return len(names) > 1 and all(
        name[:1].isupper() and name.strip(",.'’-").replace("-", "").isalnum() for name in names
    )


def who(scope: Scope) -> Field | None:
    """The first column of words of the rows that holds persons."""
    texts = (field for field in scope.own_columns if field.kind == "text")
    return next((field for field in texts if is_person(scope, field)), None)


def names_nobody(question: Question, plan: Plan) -> bool:
    """Whether "who" is asked, and nothing of the answer is a person."""
    asked = (mark for mark in question.all("which") if set(mark.plain.split()) & _ASKING)
    if all(question.beside(mark.place, -1).cue in ("so", "rows") for mark in asked):  # "those who"
        return False
    told = (*plan.shown, *(field for group in plan.groups for field in group.fields))
    fields = (*told, *(measure.field for measure in plan.measures if measure.field is not None))
    return not any(is_person(question.scope, field) for field in fields)
