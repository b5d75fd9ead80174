"""What is remembered of a guided diagnosis between turns, and the note that it is kept in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.diagnosis.codes import FaultCode, FaultCodes
from agents.diagnosis.guided_checks import Cause, GuidedChecks, Symptom
from agents.diagnosis.ranking import Answer
from agents.vehicles.applicability import Cars

Stage = Literal["vehicle", "check", "advised", "offered"]
"""What was said last: a question for the vehicle, or for a check; advice that may help; the offer of an appointment."""
_MOST_CARS, _MOST_CHECKED = 200, 60


@dataclass(frozen=True, slots=True)
class Progress:
    """`answers` by the names of causes; `cause` the one that the last question or advice was about; `question` as it
    was put to the customer."""

    symptom: Symptom
    cars: Cars
    answers: Mapping[str, Answer] = field(default_factory=lambda: MappingProxyType({}))
    codes: tuple[str, ...] = ()
    stage: Stage = "check"
    cause: Cause | None = None
    question: str = ""
    vehicle_asked: bool = False

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Those that the vehicle can have."""
        return tuple(cause for cause in self.symptom.causes if cause.cars & self.cars)

    def note(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "symptom": self.symptom.name,
            "vehicle": sorted(self.cars) if self.cars != self.symptom.cars else [],
            "checked": dict(self.answers),
            "codes": list(self.codes),
            "stage": self.stage,
            "cause": self.cause.name if self.cause else "",
            "question": self.question,
            "vehicle_asked": self.vehicle_asked,
        }


class _Note(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=False)

    symptom: str = Field(max_length=200)
    vehicle: list[tuple[str, int]] = Field(default_factory=list, max_length=_MOST_CARS)
    checked: dict[str, Answer] = Field(default_factory=dict, max_length=_MOST_CHECKED)
    codes: list[str] = Field(default_factory=list, max_length=20)
    stage: Stage = "check"
    cause: str = ""
    question: str = ""
    vehicle_asked: bool = False


def of_codes(rows: Sequence[FaultCode]) -> Progress:
    """Trouble codes as a symptom, whose causes are what their rows say."""
    causes = tuple(
        Cause(
            name=row.cause or row.meaning,
            cars=row.cars,
            weight=1.0,
            check="",
            if_yes="",
            if_no="",
            signs=(),
            remedy=row.remedy,
            done_by="workshop",
            work=f"{row.code}: {row.meaning or row.cause}",
            may_drive_on=row.may_drive_on,
            may_use_on=row.may_use_on,
            codes=(row.code,),
            evidence=row.evidence,
        )
        for row in rows
    )
    codes = tuple(dict.fromkeys(row.code for row in rows))
    symptom = Symptom(f"trouble code {', '.join(codes)}", (), "", causes)
    return Progress(symptom, symptom.cars, codes=codes, stage="offered", cause=causes[0])


def read(note: Mapping[str, Any], checks: GuidedChecks, known: FaultCodes) -> Progress | None:
    """What a note says; None where it is of another form, or of what the knowledge base has no more."""
    try:
        found = _Note.model_validate(dict(note))
    except ValidationError:
        return None
    symptom = checks.named(found.symptom) or _of_codes(found, known)
    if symptom is None:
        return None
    names = {cause.name: cause for cause in symptom.causes}
    cars = frozenset(found.vehicle) & symptom.cars or symptom.cars
    answers = {name: answer for name, answer in found.checked.items() if name in names}
    cause = names.get(found.cause)
    return Progress(symptom, cars, answers, tuple(found.codes), found.stage, cause, found.question, found.vehicle_asked)


def _of_codes(note: _Note, known: FaultCodes) -> Symptom | None:
    rows = [row for code in note.codes for row in known.rows.get(code, ())]
    symptom = of_codes(rows).symptom if rows else None
    return symptom if symptom and symptom.name == note.symptom else None
