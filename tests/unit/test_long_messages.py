"""Whoever reads what strangers write takes time in proportion to its length, whatever it consists of.

The readers are found, not listed: every public function and method whose first argument is a text of that kind. What
else one needs is made from its types; a new reader that needs something unknown here fails the test that finds them.
"""

import asyncio
import inspect
import signal
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache, partial
from typing import Any, Literal, get_type_hints
from zlib import crc32

import pytest

from agents import dataset
from agents.acts.language_scores import LanguageScores, opened
from agents.analyst.reading.lexicon import Lexicon
from agents.appointments import skill as appointments
from agents.appointments.booking_plan import Plan
from agents.appointments.dealers.workshops import Workshops
from agents.appointments.dealers.workshops import parse as parse_workshops
from agents.context import Resources
from agents.conversation.followup import standalone
from agents.dataset import Table
from agents.datasets.key_inference import inferred
from agents.diagnosis import skill as diagnosis
from agents.diagnosis.codes import FaultCodes
from agents.diagnosis.codes import parse as parse_codes
from agents.diagnosis.guided_checks import Cause, GuidedChecks, Symptom
from agents.explorer.linking import Mention
from agents.language.phrases import Found, Phrases
from agents.language.spelling import Spelling
from agents.language.terms import ANALYZER
from agents.learning.choice import Choices
from agents.passages.citations import Markers
from agents.passages.spans import spans
from agents.passages.statements import Statement
from agents.service import skill as service_plan
from agents.service.prices import Prices
from agents.service.prices import parse as parse_prices
from agents.service.schedules import Schedules
from agents.skill import Skill
from agents.types import Question, Turn
from agents.vehicle_data import skill as vehicle_data
from agents.vehicle_data.attributes import Attribute, Attributes
from agents.vehicle_data.comparatives import Compared, compared
from agents.vehicle_data.fact_table import VehicleData
from agents.vehicle_data.fact_table import parse as parse_data
from agents.vehicles.applicability import Cars, Fitment
from agents.vehicles.range import Vehicles
from api.compose.learnt import open_choices
from orchestrator.commands import Send
from orchestrator.errors import PitcrewError
from rag.analyzer import Analyzer
from rag.embedder import Embedder
from rag.likeness.words import WordLikeness
from rag.query import Vocabulary
from rag.types import Chunk, Passage
from tests import bundled
from tests.faults.counts import FULL
from tests.patterns import PACKAGES, ROOT, UNITS, Pattern, Shape, modules, patterns, shapes
from tests.tool_contexts import NOON, case
from tests.unit.agents.analyst.reading.shop import LEXICON
from tests.unit.agents.diagnosis.workshop_manual import RESOURCES as MANUAL
from tests.unit.agents.diagnosis.workshop_manual import checks
from tests.unit.agents.scheduled import schedules
from tests.unit.agents.tabled import FLEET
from tests.unit.rag.hashing import HashingEmbedder

TABLES = inferred(FLEET)

LENGTH, SHORTER = 8_000, 2_000
NOTICED_S, SLOW_S, HOPELESS_S = 0.05, 0.4, 2.0
"""Seconds of the processor for a text of LENGTH: what is too little to judge, too much, and not waited for."""
STEEPER = 8
"""How much dearer four times as much text may be: 4 where the cost is linear, 16 where it is quadratic."""
_TEXTS = ("text", "question", "said", "message", "answer", "query")
"""What the first argument of a reader is called."""
TRADE = (
    "what is the torque? ",
    "my Wren 58 and ",
    "my 26 Wren, ",
    "P0301 ",
    "tomorrow at 5 ",
    "book a service and ",
    "not the ",
)
FOLDERS = sorted(
    {
        path.parent.relative_to(ROOT).as_posix().replace("/", ".")
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if not path.is_relative_to(ROOT / "api" / "cli") and not path.is_relative_to(ROOT / "api" / "client")
    }
)
LONG = tuple(
    Shape(before, unit, after)
    for before, unit, after in (
        *(("", unit, "") for unit in (*UNITS, *TRADE)),
        *(("a", blank, "a") for blank in (" ", "\t", "\n", ".", "1", "-")),
        *(("a? ", unit, " b.") for unit in (" ", "a", "a1")),
    )
)
"""Plain repetitions of a character, of two in turn, of words; and long runs between letters."""


def tried(name: str, shapes: Iterable[Shape]) -> list[Shape]:
    """The shapes for what has this name: all of them in `make prove`, otherwise one in 24, not the same for all."""
    return list(shapes) if FULL else list(shapes)[crc32(name.encode()) % 24 :: 24]


class Hopeless(Exception):
    """It takes longer than is waited for."""


@contextmanager
def watched() -> Iterator[None]:
    """Raises Hopeless when the block has had HOPELESS_S of the processor: a pattern is interrupted as well."""

    def late(*_: object) -> None:
        raise Hopeless

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, HOPELESS_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def cost(read: Callable[[str], object], text: str) -> float:
    """Seconds of the processor."""
    begun = time.process_time()
    try:
        with watched(), suppress(PitcrewError):  # refused: that is an answer too
            read(text)
    except Hopeless:
        return HOPELESS_S
    return time.process_time() - begun


def too_slow(read: Callable[[str], object], shape: Shape) -> str:
    """What is wrong with the time that a reader takes for texts of this shape; "" where nothing is."""
    if cost(read, shape.text(SHORTER)) * STEEPER * 4 < NOTICED_S:
        return ""
    best = {length: min(cost(read, shape.text(length)) for _ in range(3)) for length in (SHORTER, LENGTH)}
    steep = best[LENGTH] > NOTICED_S and best[LENGTH] > STEEPER * best[SHORTER]
    return f"{shape}: {best}" if steep or best[LENGTH] > SLOW_S else ""


@dataclass(frozen=True, slots=True)
class Reader:
    """A function or method that reads a stranger's text; `call` gives it the rest of what it needs."""

    name: str
    call: Callable[[str], object]


class Documents:
    """A vocabulary without a term, see `rag.query.Vocabulary`."""

    total = 100

    def chunk_count(self, term: str) -> int:
        return 0

    def beginning(self, letter: str) -> Sequence[tuple[str, int]]:
        return [(f"{letter}ord{n}", n) for n in range(100)]

    def alike(self, kind: tuple[str, int]) -> int:
        return 0


VEHICLES = bundled.vehicles()
FITMENT = Fitment(VEHICLES)


@cache
def given() -> tuple[Mapping[Any, object], Mapping[type, object]]:
    """A value of each type that readers need beside the text; and one of each class that has readers among its
    methods."""
    choices = open_choices(HashingEmbedder())
    workshops, data, codes = (parse(bundled.chunks(), VEHICLES) for parse in (parse_workshops, parse_data, parse_codes))
    others: Mapping[Any, object] = {
        datetime: NOON,
        date: NOON.date(),
        Callable[[Found], str]: lambda found: found.label,
        Iterable[tuple[int, int]]: (),
        dataset.Reader: dataset.Reader(),
        Vehicles: VEHICLES,
        Workshops: workshops,
        Fitment: FITMENT,
        Lexicon: LEXICON,
        Plan: Plan(),
        Schedules: schedules(),
        GuidedChecks: checks(),
        FaultCodes: codes,
        VehicleData: data,
        Sequence[Attribute]: data.attributes.all[:1],
        Vocabulary: Documents(),
        Analyzer: ANALYZER,
        Compared: compared("which has more power"),
        Embedder: HashingEmbedder(),
        Choices: choices,
        Resources: replace(MANUAL, choices=choices),
        Sequence[Table]: TABLES,
        Symptom: checks().symptoms[0],
        Sequence[Cause]: checks().symptoms[0].causes,
        Sequence[Mention]: (),
        Sequence[Statement]: (),
        Sequence[Turn]: (),
        Sequence[tuple[Any, str]]: (),
        Sequence[str]: ("shop",),
        Iterable[str]: ("shop",),
        Collection[int]: (),
        Collection[str]: ("shop",),
        Mapping[str, str]: {},
        Mapping[str, Any]: {},
        Mapping[int, Passage]: {},
        frozenset[str]: frozenset(),
        Cars: FITMENT.everything,
        Cause | None: None,
        Literal["confirm", "choose"]: "choose",
        str | None: None,
        str: "SELECT 1",
        int: 1,
        bool: False,
    }
    owners: Mapping[type, object] = {
        WordLikeness: WordLikeness.of(("how big is the boot", "what oil does it take")),
        Vehicles: VEHICLES,
        Workshops: workshops,
        Fitment: FITMENT,
        Phrases: Phrases(
            ("what is ... torque", "my (<word>|) wren", "book a service", "a <any> <any>", "(the|) <number>")
        ),
        Spelling: Spelling(["the torque of the engine"] * 2),
        Attributes: data.attributes,
        Analyzer: ANALYZER,
        Prices: parse_prices(bundled.chunks(), VEHICLES),
        LanguageScores: opened(),
    }
    return others, owners


READ_WHOLE = "tried as a whole by tests/integration/test_long_messages.py"
ELSEWHERE = {
    "agents.acts.reader": READ_WHOLE,
    "agents.learning.choice.Choice": READ_WHOLE,
    "agents.topics.reader.TopicReader": READ_WHOLE,
    "agents.appointments.purposes": READ_WHOLE,
    "orchestrator.evaluation.turns": "the files of an evaluation",
    "agents.analyst.reading.options.Choices.doubt": "words of our own",
    "agents.analyst.reading.options.Choices.assume": "words of our own",
    "agents.analyst.instructions.for_analysis": "only puts it into a prompt",
    "agents.analyst.instructions.for_query": "only puts it into a prompt",
    "agents.chat.translation.Translator.out_of_english": "words of our own",
    "agents.datasets.rights": "an operator's configuration",
    "agents.datasets.url_secrets.without_secrets": "an operator's configuration",
    "agents.vehicles.range.Vehicles.parse": "an operator's file",
    "agents.language.words.vocabulary": "words of our own",
    "orchestrator.graph.parking": "what the server has stored",
    "orchestrator.accounting.prices": "an operator's configuration",
    "orchestrator.staff.opening_hours": "an operator's configuration",
    "orchestrator.graph.steps": "words of our own",
    "orchestrator.stores.memory": "what the server has stored",
    "orchestrator.stores.rows": "what the server has stored",
    "api.compose.asked.Asked.read": "a worker reads it as the server of one machine does",
    "api.observability.logs": "the server's log",
    "api.cli": "the operator's terminal",
    "api.client": "programs of their own",
    "rag.text.builder": "documents, which are read by processes with limits",
    "rag.rerankers": "a model that is cut off after its window",
    "agents.routing.classifier": READ_WHOLE,
    "agents.extractive.decision": READ_WHOLE,
    "agents.diagnosis.safety": READ_WHOLE,
    "agents.verification.grounds.Grounds": READ_WHOLE,
    "agents.verification.judge.Judge": READ_WHOLE,
    "agents.routing.model_route": READ_WHOLE,
    "agents.models.tool_calls.to_langchain": READ_WHOLE,
    "agents.chat.canary": READ_WHOLE,
    "agents.extractive.scoring": READ_WHOLE,
    "agents.explorer.inquiry.surely": READ_WHOLE,
    "agents.appointments.dealers.places": READ_WHOLE,
    "api.protocol.analysis_session.ask": READ_WHOLE,
    "api.dialects": READ_WHOLE,
    "api.compose.embedded": READ_WHOLE,
    "api.integrations.langgraph": READ_WHOLE,
    "api.integrations.mcp": READ_WHOLE,
    "rag.indexes": READ_WHOLE,
    "rag.words.index": READ_WHOLE,
    "rag.retrieve": READ_WHOLE,
    "rag.customer_questions": READ_WHOLE,
}
"""Names and beginnings of names of what is no reader, or is not tried here, and the reason."""


def candidates() -> Iterator[tuple[str, Callable[..., object], type | None]]:
    """Public functions, and methods with their classes, by their full names."""
    for name, module in modules().items():
        for own, value in vars(module).items():
            if own.startswith("_") or getattr(value, "__module__", "") != name:
                continue
            if inspect.isfunction(value):
                yield f"{name}.{own}", value, None
            elif inspect.isclass(value) and not getattr(value, "_is_protocol", False):
                for inner, method in vars(value).items():
                    if inspect.isfunction(method) and not inner.startswith("_"):
                        yield f"{name}.{own}.{inner}", method, value


@cache
def found() -> tuple[tuple[Reader, ...], tuple[str, ...]]:
    """The readers, and the names of those that need something that is not known here."""
    (others, owners), readers, unknown = given(), [], []
    for name, function, owner in candidates():
        first, *rest = [*list(inspect.signature(function).parameters.values())[owner is not None :], None]
        if first is None or first.name not in _TEXTS or any(name.startswith(other) for other in ELSEWHERE):
            continue
        hints = get_type_hints(function)
        needed = {each.name: hints.get(each.name) for each in rest if each and each.default is each.empty}
        if hints.get(first.name) is not str:
            continue
        if all(hint in others for hint in needed.values()) and (owner is None or owner in owners):
            call = function if owner is None else partial(function, owners[owner])
            readers.append(Reader(name, partial(run, call, {name: others[hint] for name, hint in needed.items()})))
        else:
            unknown.append(name)
    return tuple(readers), tuple(unknown)


def run(function: Callable[..., Any], others: Mapping[str, object], text: str) -> None:
    """Call a reader and take all that it gives."""
    given = function(text, **others)
    if inspect.isawaitable(given):
        asyncio.run(given)  # type: ignore[arg-type]
    elif isinstance(given, AsyncIterator):
        asyncio.run(drain(given))
    elif isinstance(given, Iterator):
        for _ in given:
            pass


async def drain(given: AsyncIterator[object]) -> None:
    async for _ in given:
        pass


READ_BY_SKILLS: Mapping[str, Skill] = {
    "appointments": appointments.SKILL,
    "diagnosis": diagnosis.SKILL,
    "service plan": service_plan.SKILL,
    "vehicle data": vehicle_data.SKILL,
}
OF_OTHER_FORM: Mapping[str, Callable[[str], object]] = {
    "a question that follows itself": lambda text: standalone(Question(text, (Turn("customer", text),)), VEHICLES),
    "a command": lambda text: Send(text).check(),
    "evidence": lambda text: spans(Chunk("", "", "", "", (), None, 0, len(text), text), 0),
    "markers of a model": lambda text: Markers({1}).feed(text),
}


def folder_of(name: str) -> str:
    """The folder of the module with a name, or of what is in it."""
    return max((folder for folder in FOLDERS if f"{name}.".startswith(f"{folder}.")), key=len, default="")


def test_every_reader_is_tried() -> None:
    readers, unknown = found()
    assert not unknown, "add what they need to `given`, or say in ELSEWHERE why they are not tried"
    assert len(readers) > 90
    assert all(folder_of(reader.name) for reader in readers)


@pytest.mark.parametrize("folder", FOLDERS)
def test_readers_take_time_in_proportion_to_the_text(folder: str) -> None:
    readers = [reader for reader in found()[0] if folder_of(reader.name) == folder]
    assert not [
        (reader.name, slow)
        for reader in readers
        for shape in tried(reader.name, LONG)
        if (slow := too_slow(reader.call, shape))
    ]


@pytest.mark.parametrize("name", READ_BY_SKILLS)
def test_skills_take_time_in_proportion_to_the_text(name: str) -> None:
    skill: Skill = READ_BY_SKILLS[name]
    resources: Any = given()[0][Resources]

    def read(text: str) -> None:
        asyncio.run(skill.read(case(text), resources))
        asyncio.run(skill.takes_up(case(text), resources))

    assert not list(filter(None, (too_slow(read, shape) for shape in tried(name, LONG))))


@pytest.mark.parametrize("name", OF_OTHER_FORM)
def test_readers_of_another_form(name: str) -> None:
    assert not list(filter(None, (too_slow(OF_OTHER_FORM[name], shape) for shape in tried(name, LONG))))


def test_every_pattern_is_tried() -> None:
    known, built = patterns()
    assert len(known) > 100
    assert not {place.partition(":")[0] for place in built if "re.escape" not in place} - SAFE.keys()


SAFE = {
    "agents.vehicle_data.attributes": "values of their module, and tried",
    "agents.vehicle_data.lookups": "two figures",
    "rag.analyzer": "notations, whose readers are tried",
    "orchestrator.impact": "the words of a passage, escaped",
}
"""Modules that make patterns in functions, and of what."""


@pytest.mark.parametrize("folder", FOLDERS)
def test_patterns_take_time_in_proportion_to_the_text(folder: str) -> None:
    own = [pattern for pattern in patterns()[0] if folder_of(pattern.place.partition(":")[0]) == folder]
    assert not [
        (pattern.place, slow)
        for pattern in own
        for shape in tried(pattern.place, shapes(pattern.compiled))
        if (slow := too_slow(partial(searched, pattern), shape))
    ]


def searched(pattern: Pattern, text: str) -> None:
    if pattern.anchored:
        pattern.compiled.match(text)
    else:
        for _ in pattern.compiled.finditer(text):
            pass
