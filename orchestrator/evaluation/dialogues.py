"""Dialogues over several turns: what the customer says, what is expected of each turn, and how it went."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from orchestrator.evaluation.answers import plain
from orchestrator.evaluation.bootstrap import Statistic
from orchestrator.evaluation.coverage import Curve, curve
from orchestrator.evaluation.outcomes import Outcome, coverage_points, headline, share
from orchestrator.evaluation.statistics import divided, mean
from orchestrator.evaluation.turns import Reply, Verdict, verdict

Check = Literal["route", "status", "tools", "contains", "lacks", "facts", "asks", "booked", "outcome"]
CHECKS: tuple[Check, ...] = get_args(Check)


class ToolCall(msgspec.Struct, frozen=True):
    """A call that is expected: the tool's name, and those of its arguments that matter."""

    name: str
    arguments: dict[str, Any] = {}


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that the customer does, and what is to come of it; what is not given is not checked.

    `say` is a message, or while a proposal waits the customer's own words to it; `answer` the value of one of its
    options. `edit`: the message replaces the customer's last one. `after_minutes` pass first.
    `route`: who answers, or the router itself as in a case. `status` of each share of the answer, in order. `tools`
    called, in order, by name or with arguments. `contains` and `lacks`: texts of the answer or of the question that is
    asked. `asks`: whether the customer is asked before an effect. `facts` known afterwards, and `booked` the starts of
    the customer's appointments (ISO 8601, local, to the minute). `model`: what a scripted model says in this turn.

    `outcomes` are the kinds of reply that would do; with them the turn gets a verdict of its own: of each group in
    `needs` the reply lacks no text, it has at most `most` characters, and `known` says whether the documents hold what
    is asked, so that declining it is needless. `why` is for those who read the file.
    """

    say: str | None = None
    answer: Any = msgspec.UNSET
    edit: bool = False
    after_minutes: float = 0.0
    route: tuple[str, ...] | None = None
    status: tuple[str, ...] | None = None
    tools: tuple[str | ToolCall, ...] | None = None
    contains: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    asks: bool | None = None
    facts: dict[str, str] = {}
    booked: tuple[str, ...] | None = None
    model: tuple[dict[str, Any], ...] = ()
    outcomes: tuple[Reply, ...] = ()
    needs: tuple[tuple[str, ...], ...] = ()
    most: int | None = None
    known: bool = True
    why: str = ""


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A dialogue as it is written. `now` is when it begins (ISO 8601 with an offset), `zone` the customer's."""

    id: str
    turns: tuple[Line, ...]
    kind: str = "plain"
    now: datetime = datetime.fromisoformat("2026-03-02T10:00:00+00:00")
    zone: str = "UTC"
    note: str = ""


@dataclass(frozen=True)
class Dialogue:
    """A dialogue, with a `fingerprint` of sixteen hexadecimal digits that stays while nothing of it changes."""

    id: str
    kind: str
    now: datetime
    zone: str
    lines: tuple[Line, ...]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class LineResult:
    """What came of one line. `text` is the answer, or what was said before the question and the question itself;
    `cited` are the stretches of documents that it cites: path, start and end."""

    text: str
    route: tuple[str, ...]
    status: tuple[str, ...] = ()
    tools: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    asks: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    booked: tuple[str, ...] = ()
    failed: str = ""
    replies: frozenset[Reply] = frozenset()
    hedged: bool = False
    cited: tuple[tuple[str, int, int], ...] = ()


class DialogueOutcome(Outcome, frozen=True):
    """`checks`: which went well in every line that has them; `failures` tell what did not, in words. `lines` counts the
    lines that were right, of `of_lines`. `verdicts`: of the turns that name their outcomes."""

    checks: dict[Check, bool]
    failures: tuple[str, ...]
    lines: int
    of_lines: int
    verdicts: tuple[Verdict, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.failures


def parse_dialogue(value: Mapping[str, Any]) -> Dialogue:
    """The dialogue of a line or a table. Raises ValueError saying what is wrong with it."""
    try:
        read = msgspec.convert(value, Written)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
    try:
        ZoneInfo(read.zone)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"`zone` is no IANA time zone: {read.zone[:80]!r}") from error
    if read.now.tzinfo is None:
        raise ValueError("`now` has no offset")
    if not read.turns:
        raise ValueError("there are no `turns`")
    for number, line in enumerate(read.turns, start=1):
        if (line.say is None) == (line.answer is msgspec.UNSET):
            raise ValueError(f"turn {number}: give either `say` or `answer`")
    digest = hashlib.sha256(msgspec.json.encode(read, order="deterministic")).hexdigest()[:16]
    return Dialogue(read.id, read.kind, read.now, read.zone, read.turns, digest)


def judge(dialogue: Dialogue, results: Sequence[LineResult], *, with_model: bool = False) -> DialogueOutcome:
    """How a dialogue went; lines that were not reached are wrong. With a model its own calls of tools are checked by
    what scripted it, and `tools` are not."""
    checks: dict[Check, bool] = {}
    failures: list[str] = []
    right = 0
    for number, line in enumerate(dialogue.lines, start=1):
        if number > len(results):
            failures.append(f"turn {number} was not reached")
            continue
        verdicts = _judged(line, results[number - 1], with_model=with_model)
        for check, wrong in verdicts.items():
            checks[check] = checks.get(check, True) and not wrong
            if wrong:
                failures.append(f"turn {number}, {check}: {wrong}")
        if results[number - 1].failed:
            failures.append(f"turn {number} failed: {results[number - 1].failed}")
        right += not any(verdicts.values()) and not results[number - 1].failed
    return DialogueOutcome(
        dialogue.id,
        dialogue.fingerprint,
        dialogue.kind,
        checks,
        tuple(failures),
        right,
        len(dialogue.lines),
        tuple(_verdict(line, result) for line, result in _beside(dialogue.lines, results) if line.outcomes),
    )


def _beside(lines: Sequence[Line], results: Sequence[LineResult]) -> Iterator[tuple[Line, LineResult]]:
    """Every line with what came of it, also where it was not reached."""
    nothing = LineResult("", (), failed="not reached", replies=frozenset({"failed"}))
    return zip_longest(lines, results, fillvalue=nothing)  # type: ignore[arg-type]


def _verdict(line: Line, result: LineResult) -> Verdict:
    return verdict(
        result.text,
        result.replies,
        outcomes=line.outcomes,
        needs=line.needs,
        lacks=line.lacks,
        most=line.most,
        known=line.known,
        hedged=result.hedged,
    )


def _judged(line: Line, result: LineResult, *, with_model: bool) -> dict[Check, str]:
    """The checks of a line, each with what is wrong or ""."""
    verdicts: dict[Check, str] = {}
    answer = plain(result.text)
    if line.route is not None:
        verdicts["route"] = _unequal(sorted(line.route), sorted(result.route))
    if line.status is not None:
        verdicts["status"] = _unequal(list(line.status), list(result.status))
    if line.tools is not None and not with_model:
        verdicts["tools"] = _calls(line.tools, result.tools)
    if line.contains:
        verdicts["contains"] = ", ".join(f"no {text!r}" for text in line.contains if plain(text) not in answer)
    if line.lacks:
        verdicts["lacks"] = ", ".join(f"has {text!r}" for text in line.lacks if plain(text) in answer)
    if line.outcomes:
        verdicts["outcome"] = _unmet(line, result)
    if line.facts:
        facts = {name: result.facts.get(name) for name in line.facts}
        verdicts["facts"] = _unequal(line.facts, facts)
    if line.asks is not None:
        verdicts["asks"] = _unequal(line.asks, result.asks)
    if line.booked is not None:
        verdicts["booked"] = _unequal(sorted(line.booked), sorted(result.booked))
    return verdicts


def _unmet(line: Line, result: LineResult) -> str:
    """What a turn that names its outcomes lacks, in words."""
    judged = _verdict(line, result)
    if not judged.right:
        wanted = "" if result.replies & frozenset(line.outcomes) else f"{sorted(result.replies)} instead of "
        return f"{wanted}{'/'.join(line.outcomes)}{' with ' + str(line.needs) if line.needs else ''}"
    return "" if judged.short else f"{len(result.text)} characters instead of {line.most}"


def _unequal(expected: Any, actual: Any) -> str:
    return "" if expected == actual else f"{actual!r} instead of {expected!r}"


def _calls(expected: Sequence[str | ToolCall], made: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    calls = [ToolCall(call) if isinstance(call, str) else call for call in expected]
    if [call.name for call in calls] != [name for name, _ in made]:
        return _unequal([call.name for call in calls], [name for name, _ in made])
    wrong = [
        f"{call.name}: {_unequal(value, arguments.get(name))}"
        for call, (_, arguments) in zip(calls, made, strict=True)
        for name, value in call.arguments.items()
        if arguments.get(name) != value
    ]
    return "; ".join(wrong)


def statistics(outcomes: Sequence[DialogueOutcome]) -> dict[str, Statistic]:
    """The share that went well as a whole, of lines, and each check."""
    checks = {name: mean([outcome.checks.get(name) for outcome in outcomes]) for name in CHECKS}
    lines = mean([outcome.lines / outcome.of_lines for outcome in outcomes])
    return {"passed": mean([outcome.passed for outcome in outcomes]), "lines": lines} | checks | _of_turns(outcomes)


def _of_turns(outcomes: Sequence[DialogueOutcome]) -> dict[str, Statistic]:
    """The shares of turns, over the dialogues that were drawn."""
    turns = np.array([len(outcome.verdicts) for outcome in outcomes], dtype=np.float64)

    def shared(holds: Callable[[Verdict], bool]) -> Statistic:
        counts = np.array([sum(map(holds, outcome.verdicts)) for outcome in outcomes], dtype=np.float64)
        return lambda weights: divided(weights @ counts, weights @ turns)

    return {
        "right": shared(lambda turn: turn.right),
        "right and short": shared(lambda turn: turn.right and turn.short),
        "wrong": shared(lambda turn: turn.wrong),
        "needless declines": shared(lambda turn: turn.needless),
        "too long": shared(lambda turn: not turn.short),
    }


def by_length(outcomes: Sequence[DialogueOutcome]) -> Curve:
    """Coverage against the share that passed: the shortest dialogues first."""
    return curve([1.0 / outcome.of_lines for outcome in outcomes], [outcome.passed for outcome in outcomes])


def _turn_figures(outcomes: Sequence[DialogueOutcome]) -> dict[str, Any]:
    return {
        name: None if np.isnan(value := statistic(np.ones((1, len(outcomes))))[0]) else round(float(value), 4)
        for name, statistic in _of_turns(outcomes).items()
    }


def figures(outcomes: Sequence[DialogueOutcome]) -> dict[str, Any]:
    """The headline figures with their intervals, by kind, and what failed and why."""
    summary = headline(statistics(outcomes), len(outcomes))
    kinds = sorted({outcome.kind for outcome in outcomes})
    return {
        "dialogues": len(outcomes),
        **summary,
        "by_kind": {
            kind: {
                "dialogues": len(kind_outcomes := [outcome for outcome in outcomes if outcome.kind == kind]),
                "passed": share([outcome.passed for outcome in kind_outcomes]),
                **_turn_figures(kind_outcomes),
            }
            for kind in kinds
        },
        "coverage": coverage_points(by_length(outcomes)) if outcomes else [],
        "failed": [outcome.id for outcome in outcomes if not outcome.passed],
    }
