"""How a specialist works on its part: work → ask → settle.

Offline a skill that claimed the part does it, and the answerer what no skill claims; a chat model gets the skills'
tools. What cannot be undone is proposed only: the customer is asked in a node of its own, and `settle` does it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import structlog
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt

from agents.acts import replies
from agents.acts.consent import UNDECIDED
from agents.answerer import Answerer
from agents.chat.output_filter import calm
from agents.conversation.followup import subject
from agents.extractive.pieces import pieces
from agents.models.metering import working_as
from agents.skill import Handled, Skill
from agents.specialist import Done, Job, Specialist, open_to
from agents.toolbox.calls import Toolbox
from agents.toolbox.handover import handover
from agents.types import (
    Answered,
    Answering,
    Delta,
    Noted,
    PartDone,
    PassedOn,
    PassOn,
    Proposal,
    Question,
    StandaloneQuestion,
    Task,
)
from orchestrator.graph.language import spoken
from orchestrator.graph.state import Dependencies
from orchestrator.run import Desk
from rag.tracing.spans import spanned

log = structlog.get_logger()

MOST_HOPS = 2
"""How often a part may be passed on."""
Onward = Command[Any]
"""What a node leaves in the state, and where the graph goes on."""
SKILLED = "skills"
"""The answerer's name in what a skill words by itself."""


class Work(Job, total=False):
    """`proposal` is what the customer is asked about, made by the skill named `skill`, which noted `note`; `answer`
    what they said to it."""

    proposal: Proposal | None
    skill: str
    note: Mapping[str, Any] | None
    answer: Any
    done: list[int]
    passed: list[Job]


def build_specialist(dependencies: Dependencies, specialist: Specialist) -> Any:
    """The specialist's part of the graph, compiled: its own one where it brings one."""
    if specialist.graph:
        assert dependencies.resources is not None, "a specialist's own graph works with resources"
        return specialist.graph(dependencies.resources).compile()
    worker = Worker(dependencies, specialist)
    graph = StateGraph(Work, context_schema=Desk, input_schema=Job, output_schema=Done)
    # What waits for the customer takes no time of ours.
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": specialist.name}
    onward = ("ask", END)
    graph.add_node("work", spanned(f"invoke_agent {specialist.name}", worker.work, agent), destinations=onward)
    graph.add_node("ask", ask)
    graph.add_node("settle", spanned(f"settle {specialist.name}", worker.settle, agent), destinations=onward)
    graph.add_edge(START, "work")
    graph.add_edge("ask", "settle")
    return graph.compile()


async def ask(state: Work) -> dict[str, Any]:
    """Wait for the customer's word. A resumed node runs again from its top, so that this one does nothing else."""
    proposal = state["proposal"]
    assert proposal is not None
    return {"answer": interrupt(proposal.asks)}


def _subject(question: Question) -> str:
    """What the customer's message before this one was about."""
    before = next((turn.text for turn in reversed(question.history) if turn.role == "customer"), "")
    return subject(StandaloneQuestion(before))


@dataclass(frozen=True, slots=True)
class Worker:
    """One specialist at its nodes."""

    dependencies: Dependencies
    specialist: Specialist

    async def work(self, state: Work, runtime: Runtime[Desk]) -> Onward:
        """Answer the part, or come to a proposal."""
        part = state["part"]
        claim = runtime.context.claims.pop(part, None)
        runtime.stream_writer(Answering(part, self.specialist.name, state["label"], claim is not None))
        if claim is None:
            return await self._answer(state, runtime)
        handled = await claim.skill.act(claim.request, self._tool_context(state, runtime, claim.skill.name))
        return await self._deliver(state, runtime, claim.skill, handled)

    async def settle(self, state: Work, runtime: Runtime[Desk]) -> Onward:
        """Do what the customer has agreed to, or leave it, or make another proposal."""
        proposal, answer = state["proposal"], state["answer"]
        assert proposal is not None
        skill = next(skill for skill in self.specialist.skills if skill.name == state["skill"])
        action = skill.actions[proposal.action]
        runtime.stream_writer(Answering(state["part"], self.specialist.name, state["label"], skilled=True))
        context = self._tool_context(state, runtime, skill.name)
        if isinstance(answer, Mapping):
            handled = await self._changed(state, skill, proposal, context)
        elif answer is False:
            handled = await action.drop(proposal.arguments, context)
        else:
            handled = await action.commit(proposal.arguments, answer, context)
        return await self._deliver(state, runtime, skill, handled)

    async def _changed(self, state: Work, skill: Skill, proposal: Proposal, context: Toolbox) -> Handled:
        change = str(state["answer"]["change"])
        noted = state.get("note")
        if state["answer"].get(UNDECIDED):
            return Handled(replies.NO_HURRY, note=noted or context.case.note, proposal=proposal)
        context.case = replace(
            context.case, question=StandaloneQuestion(change), message=change, note=noted or context.case.note
        )
        request = await skill.read(context.case, context.resources)
        if request is None:
            return await skill.actions[proposal.action].drop(proposal.arguments, context)
        return await skill.act(request, context)

    async def _answer(self, state: Work, runtime: Runtime[Desk]) -> Onward:
        """Let the answerer answer, with tools where it can call them."""
        part, context = state["part"], self._tool_context(state, runtime, "") if self.dependencies.resources else None
        desk = runtime.context
        answerer = self._answerer(state, desk)
        task = self._task(state, context, desk)
        answered = Answered()
        with working_as(self.specialist.name):
            async for output in answerer.answer(task):
                if isinstance(output, str):
                    runtime.stream_writer(Delta(part, output))
                else:
                    answered = output
        if answerer is self.dependencies.offline and (notice := desk.meter.take_notice()):
            runtime.stream_writer(Delta(part, f"\n\n{notice}"))
        if answered.declined and answered.status == "answered":
            answered = replace(answered, status="declined")
        noted = context.notes if context else {}
        earlier = state["question"].notes  # a tool that proposes knows nothing of what was offered in an earlier turn
        notes = {name: {**earlier.get(name, {}), **note} for name, note in noted.items()}
        return await self._end(state, runtime, answered, answerer.name, notes)

    def _answerer(self, state: Work, desk: Desk) -> Answerer:
        """Who words the answer, if anybody is to."""
        if self.dependencies.verbatim is not None and not state["question"].wishes.prose:
            return self.dependencies.verbatim
        return self.dependencies.answerer_for(desk.meter)

    def _task(self, state: Work, context: Toolbox | None, desk: Desk) -> Task:
        part, question = state["part"], state["question"]
        text, instructions = state["standalone"].whole, self.specialist.instructions
        task = Task(
            question=text,
            instructions=instructions,
            passages=desk.passages.get(part, ()),
            history=question.history,
            facts=state["facts"],
            first_number=desk.first_numbers.get(part, 1),
            unknown=desk.unknown.get(part, ()),
            unanswered=desk.unanswered.get(part, False),
            summary=question.summary,
            max_tokens=question.wishes.max_tokens,
            act=state["act"],
            subject=_subject(question),
            own_words=question.own_words if question.foreign else "",
            language=question.language if question.foreign else "",
        )
        if not self._answerer(state, desk).calls_tools or context is None:
            return task
        skills = self.specialist.skills
        tools = (*(tool for skill in skills for tool in skill.tools), *handover(self._colleagues(state)))
        guidance = "\n\n".join([instructions, *(skill.guidance for skill in skills)])
        if state["findings"]:
            text = f"{text}\n\nFound out so far: {msgspec.json.encode(state['findings']).decode()}"
        return replace(task, question=text, instructions=guidance, tools=tools, context=context)

    def _colleagues(self, state: Work) -> tuple[tuple[str, str], ...]:
        """Name and description of those to whom the part may still be passed on: not in a circle, not too far, and not
        to somebody whom the caller has no right to."""
        path = [*state["path"], self.specialist.name]
        if len(path) > MOST_HOPS:
            return ()
        catalogue = open_to(self.dependencies.catalogue, state["asker"]["role"], state["question"].wishes.channel)
        return tuple(
            (specialist.name, specialist.description) for specialist in catalogue if specialist.name not in path
        )

    def _tool_context(self, state: Work, runtime: Runtime[Desk], skill: str) -> Toolbox:
        desk, asker = runtime.context, state["asker"]
        resources = self.dependencies.resources
        assert resources is not None
        return Toolbox(
            user_id=asker["user_id"],
            role=asker["role"],
            conversation_id=asker["conversation_id"],
            run_id=asker["run_id"],
            part=state["part"],
            case=self.dependencies.case(state, skill),
            resources=resources,
            write=runtime.stream_writer,
            cite=lambda passages: desk.cite(passages, runtime.stream_writer),
            effect=desk.effect,
            meter=desk.meter,
            agent=self.specialist.name,
            keepers={tool.name: skill.name for skill in self.specialist.skills for tool in skill.tools},
        )

    async def _deliver(self, state: Work, runtime: Runtime[Desk], skill: Skill, handled: Handled) -> Onward:
        """Say what came of the part and remember what is to be remembered."""
        words, urgent = calm(handled.text.strip()), bool(state["danger"])
        async for piece in spoken(self.dependencies, words, state["question"], urgent=urgent):
            runtime.stream_writer(Delta(state["part"], piece))
        runtime.stream_writer(Noted(skill.name, handled.note))
        answered = Answered(
            handled.citations,
            declined=handled.status == "declined",
            hedged=handled.hedged,
            status=handled.status,
            proposal=handled.proposal,
            pass_on=handled.pass_on,
        )
        notes = {skill.name: handled.note} if handled.note is not None else {}
        return await self._end(state, runtime, answered, SKILLED, notes)

    async def _end(
        self,
        state: Work,
        runtime: Runtime[Desk],
        answered: Answered,
        answerer: str,
        notes: Mapping[str, Mapping[str, Any]],
    ) -> Onward:
        """The part is finished, or goes on: with the customer's word, or with another specialist."""
        part, write = state["part"], runtime.stream_writer
        if (proposal := answered.proposal) is not None:
            write(PartDone(part, answered, answerer))
            name = next(skill.name for skill in self.specialist.skills if proposal.action in skill.actions)
            return Command(update={"proposal": proposal, "skill": name, "note": notes.get(name)}, goto="ask")
        pass_on, answered = answered.pass_on, replace(answered, pass_on=None)
        job = self._passed(state, pass_on) if pass_on is not None else None
        if job is not None:
            write(PartDone(part, replace(answered, status="passed_on"), answerer))
            write(PassedOn(part, job["specialist"]))
            return Command(update={"passed": [job], "proposal": None}, goto=END)
        if pass_on is not None:
            log.warning("not_passed_on", specialist=self.specialist.name, to=pass_on.to, path=state["path"])
            async for piece in pieces(f"\n\n{replies.STUCK}"):
                write(Delta(part, piece))
            answered = replace(answered, status="to_person")
        write(PartDone(part, answered, answerer))
        return Command(update={"done": [part], "proposal": None}, goto=END)

    def _passed(self, state: Work, pass_on: PassOn) -> Job | None:
        """The job that goes on; None where it must not."""
        if pass_on.to not in dict(self._colleagues(state)):
            return None
        return Job(
            part=state["part"],
            specialist=pass_on.to,
            standalone=StandaloneQuestion(pass_on.text),
            question=state["question"],
            facts=state["facts"],
            asker=state["asker"],
            label=state["label"],
            act="request",
            danger="",
            path=[*state["path"], self.specialist.name],
            findings=dict(pass_on.findings),
        )
