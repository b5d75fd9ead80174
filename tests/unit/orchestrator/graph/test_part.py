"""Specialists at work in the real graph: claims, proposals, passing on, danger first, several parts, tools."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from agents.acts.act import ActReading
from agents.acts.consent import UNDECIDED
from agents.context import Case, Resources, ToolContext
from agents.dataset import Reader
from agents.models.metering import Meter
from agents.skill import Action, Handled
from agents.specialist import Catalogue, Specialist, channel
from agents.tool import Arguments, Result, Tool, ToolFailed
from agents.types import (
    Answered,
    Asks,
    Citation,
    Evidence,
    Part,
    PassOn,
    Proposal,
    Question,
    Route,
    StandaloneQuestion,
    Summarised,
    Task,
    Turn,
    Wishes,
)
from agents.vehicles.range import Vehicles
from orchestrator.events import (
    AnyEvent,
    Completed,
    InputRequired,
    Progress,
    Reasoning,
    Routed,
    Sources,
    Token,
)
from orchestrator.graph.saver import memory_saver
from orchestrator.graph.state import Dependencies, Gathered, Understood
from orchestrator.graph.stream import GraphReader, by_events, by_updates, stream_events
from orchestrator.graph.turn import build_graph
from orchestrator.run import Desk, Reply, RunInput
from rag.types import Chunk, Passage


def passage(text: str) -> Passage:
    chunk = Chunk(f"id-{text}", "a.csv", "specs", "A", (), None, 0, len(text), text)
    return Passage(chunk, 1.0)


class Times(Arguments):
    number: int


async def double(arguments: Times, context: ToolContext) -> Result:
    if arguments.number < 0:
        raise ToolFailed("Only numbers from 0 on.")
    row = passage(f"{arguments.number} doubled is {arguments.number * 2}")
    return Result(arguments.number * 2, (Evidence(row, 0, row.chunk.end),))


DOUBLE = Tool("double", "Doubles a number.", Times, double)


@dataclass
class Doubling:
    """Doubles the numbers of messages that say "double"; without one it asks back."""

    name: str = "doubling"
    guidance: str = "Use double."
    tools: tuple[Tool[Any], ...] = (DOUBLE,)
    actions: Mapping[str, Action] = field(default_factory=dict)

    async def takes_up(self, case: Case, resources: Resources) -> bool:
        return bool(case.note.get("open")) and case.question.text.lstrip("-").isdigit()

    async def read(self, case: Case, resources: Resources) -> list[int] | None:
        if "explode" in case.question.text:
            raise RuntimeError("cannot read")
        words = [word for word in case.question.text.replace("?", " ").split() if word.lstrip("-").isdigit()]
        wanted = "double" in case.question.text or case.note.get("open")
        return [int(word) for word in words] if wanted else None

    async def act(self, request: list[int], context: ToolContext) -> Handled:
        if not request:
            return Handled("Which number?", "asked_back", note={"open": True})
        outcome = await context.call(DOUBLE, Times(number=request[0]))
        if outcome.result is None:
            return Handled(outcome.error or "", "declined")
        evidence = outcome.result.evidence[0]
        number = outcome.first_number
        cited = Citation(number, evidence.passage, evidence.start, evidence.end)
        return Handled(f"It is {outcome.result.value} [{number}].", citations=(cited,))


@dataclass
class Booking:
    """Books what follows "book"; a change is what follows it in the customer's words."""

    booked: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    name: str = "booking"
    guidance: str = ""
    tools: tuple[Tool[Any], ...] = ()

    @property
    def actions(self) -> Mapping[str, Action]:
        return {"book": Action(self.commit, self.drop)}

    async def takes_up(self, case: Case, resources: Resources) -> bool:
        return False

    async def read(self, case: Case, resources: Resources) -> str | None:
        if "work" in case.findings:
            return str(case.findings["work"])
        return case.question.text.partition("book ")[2] or None

    async def act(self, request: str, context: ToolContext) -> Handled:
        asks = Asks("confirm", f"Book {request}?", proposal={"time": request})
        return Handled(
            f"{request} is free.", note={"time": request}, proposal=Proposal("book", {"time": request}, asks)
        )

    async def commit(self, arguments: Mapping[str, Any], answer: Any, context: ToolContext) -> Handled:
        async with context.effect(f"{arguments['time']} booked", repeatable=True):
            self.booked.append(arguments["time"])
        return Handled(f"Booked {arguments['time']}.")

    async def drop(self, arguments: Mapping[str, Any], context: ToolContext) -> Handled:
        self.dropped.append(arguments["time"])
        return Handled("Nothing booked.", "answered")


@dataclass
class Passing:
    """Passes whatever says "pass" on to the specialist that `to` names."""

    to: str
    name: str = "passing"
    guidance: str = ""
    tools: tuple[Tool[Any], ...] = ()
    actions: Mapping[str, Action] = field(default_factory=dict)

    async def takes_up(self, case: Case, resources: Resources) -> bool:
        return False

    async def read(self, case: Case, resources: Resources) -> str | None:
        return case.question.text if "pass" in case.question.text else None

    async def act(self, request: str, context: ToolContext) -> Handled:
        return Handled(f"{self.to} will do it.", pass_on=PassOn(self.to, request, {"work": "ten"}))


class Words:
    """An answerer that repeats the question, and with tools calls the first one."""

    name = "words"

    def __init__(self, *, calls_tools: bool = False) -> None:
        self.calls_tools = calls_tools
        self.tasks: list[Task] = []

    async def answer(self, task: Task) -> AsyncIterator[str | Answered]:
        self.tasks.append(task)
        yield f"You said {task.question}."
        if task.tools and task.context is not None and "double" in task.question:
            outcome = await task.context.call(task.tools[0], {"number": 4})
            yield f" {outcome.result.value if outcome.result else outcome.error}"
        if task.tools and "propose" in task.question:
            asks = Asks("confirm", "Really?")
            yield Answered(proposal=Proposal("book", {"time": "six"}, asks))
            return
        yield Answered(declined="unknown" in task.question)


def specialist(name: str, *skills: Any, **more: Any) -> Specialist:
    return Specialist(name, name.title(), "", (), ("specs",), f"I am {name}.", skills=skills, **more)


async def understand(question: Question) -> Understood:
    return Understood(StandaloneQuestion(question.text), question.facts)


async def read(question: Question) -> ActReading:
    return ActReading("danger", danger="fire", sure=True) if "fire" in question.text else ActReading()


async def classify(question: Question, catalogue: Catalogue, standalone: StandaloneQuestion) -> Route:
    """One part per line, each for the specialist that its first word names."""
    parts = tuple(Part(StandaloneQuestion(line), line.split()[0], 0.9) for line in standalone.text.splitlines())
    return Route("answer", 0.9, parts)


async def research(part: Part, one: Specialist, facts: object) -> Gathered:
    return Gathered((passage(f"about {part.question.text}"),))


async def nowhere(text: str, *, subjects: object, k: int) -> tuple[Passage, ...]:
    return ()


RESOURCES = Resources(Vehicles(), None, nowhere, None, None)  # type: ignore[arg-type]


class Stage:
    """Specialists of three, and what a message comes to."""

    def __init__(self, *, calls_tools: bool = False, reader: GraphReader = by_updates) -> None:
        self.reader = reader
        self.booking = Booking()
        self.words = Words(calls_tools=calls_tools)
        self.catalogue = (
            specialist("math", Doubling(), acts=frozenset({"danger"})),
            specialist("shop", self.booking),
            specialist("desk", Passing("shop")),
            specialist("ring", Passing("gnir")),
            specialist("gnir", Passing("ring")),
            specialist("far", Passing("further")),
            specialist("further", Passing("farthest")),
            specialist("farthest", Passing("shop")),
            specialist("secret", Passing("shop"), audience=frozenset({"staff"})),
            specialist("spy", Passing("secret")),
        )
        self.dependencies = Dependencies(
            self.catalogue, understand, classify, research, self.words, RESOURCES, read=read
        )
        self.graph = build_graph(self.dependencies, memory_saver())
        self.runs = 0
        self.desk = Desk()

    async def ask(self, text: str, *, meter: Meter | None = None, **known: Any) -> list[AnyEvent]:
        self.runs += 1
        self.run = RunInput(f"r{self.runs}", "s", Question(text, **known), "customer", "ada", "c")
        self.desk = Desk(meter=meter or Meter())
        return [event async for event in stream_events(self.graph, self.run, self.desk, reader=self.reader)]

    async def reply(self, value: Any) -> list[AnyEvent]:
        run = replace(self.run, reply=Reply(value, self.desk.parked or ""))
        self.desk = Desk()
        return [event async for event in stream_events(self.graph, run, self.desk, reader=self.reader)]


@pytest.fixture(params=[by_updates, by_events])
def stage(request: pytest.FixtureRequest) -> Stage:
    return Stage(reader=request.param)


def end(events: list[AnyEvent]) -> Completed:
    assert isinstance(events[-1], Completed)
    assert events[-1].response == whole(events)
    return events[-1]


def whole(events: list[AnyEvent]) -> str:
    text = ""
    for event in events:
        if isinstance(event, Token):
            assert len(text) >= event.offset
            text = text[: event.offset] + event.text
    return text


async def test_a_skill_does_what_it_claims_and_cites_what_its_tool_found(stage: Stage) -> None:
    events = await stage.ask("math double 21")
    completed = end(events)
    assert completed.response == "It is 42 [1]."
    assert [(part.agent, part.status, part.sources) for part in completed.parts] == [("math", "answered", ("a.csv",))]
    assert completed.answerer == "skills"
    reasons = [event for event in events if isinstance(event, Reasoning) and event.kind != "thought"]
    assert [(one.kind, one.tool, one.content) for one in reasons] == [
        ("tool_use", "double", "double(number=21)"),
        ("tool_result", "double", "42"),
    ]
    assert [event.step for event in events if isinstance(event, Progress)] == [
        "starting", "agent_routing", "rag_retrieval", "tool", "generating",
    ]  # fmt: skip
    assert [len(event.passages) for event in events if isinstance(event, Sources)] == [1]


async def test_what_no_skill_claims_is_answered(stage: Stage) -> None:
    completed = end(await stage.ask("math hello"))
    assert completed.response == "You said math hello."
    assert stage.words.tasks[0].passages != ()
    assert stage.words.tasks[0].tools == ()


async def test_a_skill_that_fails_to_read_leaves_the_part_to_the_answerer(stage: Stage) -> None:
    assert end(await stage.ask("math explode double 2")).response == "You said math explode double 2."


async def test_a_tool_that_refuses_is_told(stage: Stage) -> None:
    events = await stage.ask("math double -2")
    completed = end(events)
    assert completed.declined
    assert completed.response == "Only numbers from 0 on."
    assert [event.ok for event in events if isinstance(event, Reasoning) and event.kind != "thought"] == [None, False]


async def test_what_was_asked_back_is_taken_up_before_the_classifier(stage: Stage) -> None:
    asked = end(await stage.ask("math double"))
    assert [part.status for part in asked.parts] == ["asked_back"]
    assert stage.desk.memory.notes == {"doubling": {"open": True}}
    completed = end(await stage.ask("8", notes={"doubling": {"open": True}}))
    assert completed.response == "It is 16 [1]."
    assert stage.desk.memory.notes == {"doubling": None}


@pytest.mark.parametrize(("kind", "confidence", "agent"), [
    ("clarify", 0.4, "math"), ("out_of_scope", 0.9, "math"), ("out_of_scope", 0.99, "out_of_scope"),
])  # fmt: skip
async def test_a_skill_is_asked_where_the_classifier_is_not_sure(
    stage: Stage, kind: Any, confidence: float, agent: str
) -> None:
    async def unsure(question: Question, catalogue: Catalogue, standalone: StandaloneQuestion) -> Route:
        return Route(kind, confidence)

    stage.graph = build_graph(replace(stage.dependencies, classify=unsure), memory_saver())
    assert end(await stage.ask("double 8")).agent == agent


async def test_danger_comes_first(stage: Stage) -> None:
    events = await stage.ask("shop book nine\ndesk fire, double 3")
    assert isinstance(events[-1], InputRequired)
    routed = next(event for event in events if isinstance(event, Routed))
    assert [agent.name for agent in routed.agents] == ["math", "shop", "desk"]
    alone = end(await stage.ask("desk fire, double 3", notes={"doubling": {"open": True}}))
    assert [part.agent for part in alone.parts] == ["math"]


async def test_nothing_is_done_before_the_customer_says_so(stage: Stage) -> None:
    events = await stage.ask("shop book nine")
    asked = events[-1]
    assert isinstance(asked, InputRequired)
    assert (asked.prompt, asked.proposal, asked.partial_response) == ("Book nine?", {"time": "nine"}, "nine is free.")
    assert stage.booking.booked == []
    completed = end(await stage.reply(True))
    assert completed.response == "nine is free.\n\nBooked nine."
    assert stage.booking.booked == ["nine"]
    assert [effect.name for effect in stage.desk.effects] == ["nine booked"]


async def test_what_a_skill_repeats_makes_no_browser_fetch_anything(stage: Stage) -> None:
    await stage.ask("shop book ![x](https://evil.example/p.png) <img src=x>")
    said = end(await stage.reply(True)).response
    assert "evil.example" in said
    assert "![" not in said
    assert "<img" not in said


async def test_a_no_lets_go(stage: Stage) -> None:
    await stage.ask("shop book nine")
    assert end(await stage.reply(False)).response == "nine is free.\n\nNothing booked."
    assert (stage.booking.booked, stage.booking.dropped) == ([], ["nine"])


async def test_a_change_makes_another_proposal(stage: Stage) -> None:
    await stage.ask("shop book nine")
    again = (await stage.reply({"change": "no, book ten"}))[-1]
    assert isinstance(again, InputRequired)
    assert again.proposal == {"time": "ten"}
    assert end(await stage.reply(True)).response == "nine is free.\n\nten is free.\n\nBooked ten."
    assert stage.booking.booked == ["ten"]


async def test_a_change_that_the_skill_does_not_understand_does_nothing(stage: Stage) -> None:
    await stage.ask("shop book nine")
    assert end(await stage.reply({"change": "blue"})).response == "nine is free.\n\nNothing booked."


async def test_hesitation_leaves_the_proposal_as_it_is(stage: Stage) -> None:
    await stage.ask("shop book nine")
    again = (await stage.reply({"change": "hmm, maybe", UNDECIDED: True}))[-1]
    assert isinstance(again, InputRequired)
    assert again.proposal == {"time": "nine"}
    assert (stage.booking.booked, stage.booking.dropped) == ([], [])
    assert end(await stage.reply(True)).response.endswith("Booked nine.")


async def test_passed_on_with_findings_in_one_answer(stage: Stage) -> None:
    events = await stage.ask("desk pass this")
    assert isinstance(events[-1], InputRequired)
    assert events[-1].prompt == "Book ten?"
    assert [event.agent for event in events if isinstance(event, Progress) and event.step == "passed_on"] == ["shop"]
    completed = end(await stage.reply(True))
    assert completed.response == "shop will do it.\n\nten is free.\n\nBooked ten."
    assert [(part.agent, part.status) for part in completed.parts] == [("desk", "passed_on"), ("shop", "answered")]
    for part in completed.parts:
        assert completed.response[part.start : part.end].endswith((".", "ten."))
    assert [agent.name for agent in completed.agents] == ["desk", "shop"]


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("ring pass round", ["ring", "gnir"]),
        ("far pass along", ["far", "further", "farthest"]),
        ("spy pass up", ["spy"]),
    ],
    ids=["no circle", "two hops at most", "only to whom the caller may speak"],
)
async def test_passing_on_comes_to_an_end(stage: Stage, asked: str, path: list[str]) -> None:
    completed = end(await stage.ask(asked))
    assert [part.agent for part in completed.parts] == path
    assert [part.status for part in completed.parts] == [*["passed_on"] * (len(path) - 1), "to_person"]
    assert "telephone numbers" in completed.response


async def test_parts_have_their_own_status_and_sources(stage: Stage) -> None:
    events = await stage.ask("math double 1\ngnir unknown\nmath double")
    completed = end(events)
    assert [(part.part, part.agent, part.status) for part in completed.parts] == [
        (0, "math", "answered"), (1, "gnir", "declined"), (2, "math", "asked_back"),
    ]  # fmt: skip
    assert [completed.response[part.start : part.end] for part in completed.parts] == [
        "It is 2 [2].", "You said gnir unknown.", "Which number?",
    ]  # fmt: skip
    assert completed.response.startswith("**Math**\n\nIt is 2 [2].\n\n**Gnir**\n\n")
    assert [citation.number for citation in completed.citations] == [2]
    sources = [event for event in events if isinstance(event, Sources)]
    assert sources[-1].passages[1].text == "1 doubled is 2"
    assert not completed.declined


async def test_two_parts_that_wait_are_asked_one_after_the_other(stage: Stage) -> None:
    events = await stage.ask("shop book nine\ndesk pass this")
    prompts = []
    while isinstance(events[-1], InputRequired):
        prompts.append(events[-1].prompt)
        events = await stage.reply(True)
    assert sorted(prompts) == ["Book nine?", "Book ten?"]
    assert sorted(stage.booking.booked) == ["nine", "ten"]
    completed = end(events)
    assert [part.agent for part in completed.parts] == ["shop", "desk", "shop"]
    assert completed.response == (
        "**Shop**\n\nnine is free.\n\nBooked nine.\n\n**Desk**\n\nshop will do it.\n\nten is free.\n\nBooked ten."
    )


async def test_a_model_gets_the_tools_and_skills_read_nothing() -> None:
    stage = Stage(calls_tools=True)
    events = await stage.ask("math please double")
    assert end(events).response == "You said math please double. 8"
    task = stage.words.tasks[0]
    assert [tool.name for tool in task.tools] == ["double", "pass_on", "hand_to_person"]
    assert "I am math." in task.instructions
    assert "Use double." in task.instructions
    kinds = [event.kind for event in events if isinstance(event, Reasoning)]
    assert [kind for kind in kinds if kind != "thought"] == ["tool_use", "tool_result"]


async def test_with_a_model_danger_is_left_to_the_skill() -> None:
    stage = Stage(calls_tools=True)
    assert end(await stage.ask("desk fire, double 3")).response == "It is 6 [1]."


@pytest.mark.parametrize("by_model", [True, False])
async def test_a_model_without_tools_gets_the_reply_to_what_it_asked(by_model: bool) -> None:
    stage = Stage()
    offline = Words() if by_model else stage.words
    stage.graph = build_graph(replace(stage.dependencies, offline=offline), memory_saver())
    asked = (Turn("customer", "a visit"), Turn("assistant", "Which day suits you?", "shop"))
    assert end(await stage.ask("math the 18th", history=asked)).agent == ("shop" if by_model else "math")


async def test_what_a_model_proposes_is_asked_and_done_by_code() -> None:
    stage = Stage(calls_tools=True)
    stage.dependencies = replace(stage.dependencies, catalogue=(specialist("shop", stage.booking, Doubling()),))
    stage.graph = build_graph(stage.dependencies, memory_saver())
    asked = (await stage.ask("shop propose"))[-1]
    assert isinstance(asked, InputRequired)
    assert asked.prompt == "Really?"
    assert end(await stage.reply(True)).response == "You said shop propose.\n\nBooked six."
    assert stage.booking.booked == ["six"]


async def test_a_long_conversation_is_summed_up_beside_the_answer() -> None:
    stage = Stage()

    async def summarise(question: Question) -> Summarised:
        return Summarised(f"{len(question.older)} turns", question.older_upto)

    stage.graph = build_graph(replace(stage.dependencies, summarise=summarise), memory_saver())
    end(await stage.ask("math hello", older=(Turn("customer", "hi"),), older_upto=7))
    assert stage.desk.memory.summary == Summarised("1 turns", 7)


async def test_the_agent_that_was_wished_for_answers() -> None:
    stage = Stage()
    completed = end(await stage.ask("math hello", wishes=Wishes("desk")))
    assert completed.agent == "desk"
    assert stage.words.tasks[0].instructions == "I am desk."


async def test_passages_come_first_where_they_are_wished_for(stage: Stage) -> None:
    events = await stage.ask("math double 21", wishes=Wishes(passages=True))
    assert end(events).response == "It is 42 [2]."
    found = [event for event in events if isinstance(event, Sources)]
    assert [len(event.passages) for event in found] == [1, 2]
    assert events.index(found[0]) < next(n for n, event in enumerate(events) if isinstance(event, Token))


async def test_without_prose_what_was_found_is_given_as_it_stands() -> None:
    stage = Stage(calls_tools=True)
    verbatim = Words()
    stage.graph = build_graph(replace(stage.dependencies, verbatim=verbatim), memory_saver())
    end(await stage.ask("math hello", wishes=Wishes(prose=False)))
    assert (len(verbatim.tasks), stage.words.tasks) == (1, [])
    assert verbatim.tasks[0].tools == ()
    end(await stage.ask("math double 21", wishes=Wishes(prose=False)))
    assert len(verbatim.tasks) == 2, "skills have words of their own"


async def test_thoughts_tell_who_answers_and_what_was_found(stage: Stage) -> None:
    events = await stage.ask("math hello")
    thoughts = [(event.aspect, event.content) for event in events if isinstance(event, Reasoning)]
    assert thoughts == [("route", "This is for math (90%)."), ("search", "Found one passage in A.")]
    steps = end(events).steps
    assert [step.content for step in steps] == [content for _, content in thoughts]


async def test_a_specialist_may_claim_a_message_of_which_the_classifier_thinks_nothing() -> None:
    stage = Stage()

    sure = 0.5

    async def unsure(question: Question, catalogue: Catalogue, standalone: StandaloneQuestion) -> Route:
        return Route("out_of_scope", sure)

    async def surely(text: str, reader: Reader, resources: Resources) -> bool:
        if text == "broken":
            raise RuntimeError
        return text == "rows"

    one = specialist("rower", claims=surely)
    stage.graph = build_graph(replace(stage.dependencies, catalogue=(one,), classify=unsure), memory_saver())
    assert end(await stage.ask("rows")).agent == "rower"
    sure = 0.99
    assert end(await stage.ask("rows")).agent == "rower", "the classifier may never have seen what it is called"
    assert end(await stage.ask("broken")).agent == "out_of_scope"
    unknown = replace(one, audience=frozenset({"staff", channel("here")}))
    stage.graph = build_graph(replace(stage.dependencies, catalogue=(unknown,), classify=unsure), memory_saver())
    assert end(await stage.ask("rows")).agent == "out_of_scope", "not open here"
    assert end(await stage.ask("rows", wishes=Wishes(channel="here"))).agent == "rower"
    sure = 0.5
    stage.graph = build_graph(replace(stage.dependencies, catalogue=(one,), classify=unsure), memory_saver())
    assert end(await stage.ask("oars")).agent == "out_of_scope"
    assert end(await stage.ask("broken")).agent == "out_of_scope"


async def test_a_specialist_for_customers_may_be_surer_than_the_classifier() -> None:
    stage = Stage()

    async def surely(text: str, reader: Reader, resources: Resources) -> bool:
        return text == "rows"

    catalogue = (specialist("talker"), specialist("rower", claims=surely))

    async def sure(question: Question, catalogue: Catalogue, standalone: StandaloneQuestion) -> Route:
        return Route("answer", 0.99, (Part(standalone, "talker", 0.99),))

    stage.graph = build_graph(replace(stage.dependencies, catalogue=catalogue, classify=sure), memory_saver())
    assert end(await stage.ask("rows")).agent == "rower"
    assert end(await stage.ask("oars")).agent == "talker"


async def test_every_call_of_a_tool_counts_for_the_specialist(stage: Stage) -> None:
    await stage.ask("math double 21")
    assert [(call.kind, call.agent, call.ok) for call in stage.desk.meter.calls] == [("tool", "math", True)]
    stage = Stage(calls_tools=True)
    await stage.ask("math double a number")
    assert [(call.agent, call.name, call.ok) for call in stage.desk.meter.calls] == [("math", "double", True)]
    assert stage.desk.meter.calls[0].milliseconds >= 0


async def test_a_run_that_may_ask_no_model_is_answered_offline_and_says_why_once() -> None:
    stage = Stage(calls_tools=True)
    offline = Words()
    stage.graph = build_graph(replace(stage.dependencies, offline=offline), memory_saver())
    completed = end(await stage.ask("shop what is it", meter=Meter(1, earlier=5)))
    assert (len(stage.words.tasks), offline.tasks) == (1, []), "what a run may take of tokens is another matter"
    completed = end(await stage.ask("shop what is it", meter=Meter(notice="Until tomorrow.")))
    assert completed.response == "You said shop what is it.\n\nUntil tomorrow."
    assert (len(stage.words.tasks), len(offline.tasks), offline.tasks[0].tools) == (1, 1, ())
    completed = end(await stage.ask("shop what is it\nfar what is that", meter=Meter(notice="Until tomorrow.")))
    assert completed.response.count("Until tomorrow.") == 1
    completed = end(await stage.ask("math double 21", meter=Meter(notice="Until tomorrow.")))
    assert (completed.answerer, len(offline.tasks)) == ("skills", 3), "skills read what tools a model would have called"


async def test_what_is_hardly_for_nobody_goes_on_with_whoever_has_answered() -> None:
    stage = Stage()
    sure = 0.6

    async def unsure(question: Question, catalogue: Catalogue, standalone: StandaloneQuestion) -> Route:
        return Route("out_of_scope", sure)

    stage.graph = build_graph(
        replace(stage.dependencies, catalogue=(specialist("rower"), specialist("miller")), classify=unsure),
        memory_saver(),
    )
    answered = (Turn("customer", "how long are the oars"), Turn("assistant", "Three metres.", "rower"))
    assert end(await stage.ask("he has none though", history=answered)).agent == "rower"
    assert end(await stage.ask("he has none though")).agent == "out_of_scope", "nobody has answered"
    talked = (Turn("customer", "hello"), Turn("assistant", "Hello!", "talk"))
    assert end(await stage.ask("he has none though", history=talked)).agent == "out_of_scope"
    sure = 0.9
    assert end(await stage.ask("he has none though", history=answered)).agent == "out_of_scope"
