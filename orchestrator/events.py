"""The events of a conversation: what the engine says, and every dialect, log and figure is a view of.

A durable event is committed with a `seq` (gap-free from 1 per conversation) before anyone sees it. The others are
previews that a terminal event settles. Positions (`offset`, `start`, `end`) count Unicode code points. What specialists
say in the same words (an option, a span without support) is theirs: the type is `agents.types`'.
"""

from typing import Any, Literal, get_args

import msgspec

from agents.types import MisplacedMarker as MisplacedMarker
from agents.types import Option as Option
from agents.types import Stage
from agents.types import UnsupportedSpan as UnsupportedSpan
from orchestrator.event.groups import AnswerPart as AnswerPart
from orchestrator.event.groups import CitedSpan as CitedSpan
from orchestrator.event.groups import Detail as Detail
from orchestrator.event.groups import Durable as Durable
from orchestrator.event.groups import Event as Event
from orchestrator.event.groups import RoutedAgent as RoutedAgent
from orchestrator.event.groups import SourcePassage as SourcePassage
from orchestrator.event.groups import Terminal as Terminal
from orchestrator.event.groups import Timing as Timing
from orchestrator.event.groups import Upkeep as Upkeep
from orchestrator.event.groups import UsageFigures as UsageFigures
from orchestrator.event.ownership import HandOverReason as HandOverReason
from orchestrator.event.ownership import Owner as Owner
from orchestrator.event.ownership import QueuePlace as QueuePlace
from orchestrator.event.ownership import StaffMessage as StaffMessage
from orchestrator.event.ownership import StaffPerson as StaffPerson
from orchestrator.event.ownership import StaffTyping as StaffTyping
from orchestrator.event.ownership import State as State
from orchestrator.event.tenure import Tenure


class Accepted(Durable, frozen=True, tag="accepted"):
    """A customer's message is stored and will be answered by `run_id`; None where a person has the conversation and
    answers. `sent_at` is ISO 8601 UTC. `replaces` is the message for which it stands."""

    message_id: str
    run_id: str | None
    session_id: str
    message: str
    sent_at: str
    client_message_id: str | None = None
    duplicate: bool = False
    replaces: str | None = None

    @property
    def turn_id(self) -> str:
        """By what its turn is known: the run, or where there is none the message itself."""
        return self.run_id or self.message_id


Step = Literal[
    "starting",
    "agent_routing",
    "rag_retrieval",
    "tool",
    "passed_on",
    Stage,
    "generating",
]


class Progress(Detail, frozen=True, tag="progress"):
    """The run has come to a step; `message` says it to a person."""

    run_id: str
    step: Step
    message: str
    agent: str | None = None


class Reasoning(Detail, frozen=True, tag="reasoning"):
    """What is done on the way to the answer. `thought`: a consideration about `aspect`; `tool_use`: `tool` is called
    with these `arguments`; `tool_result`: it gave this `result`, or where it is not `ok` says what went wrong, after so
    many `ms`. `iteration` counts the calls of part `part` from 1 (a thought has that of the next one), `content` says
    it all in a line, `timestamp` is ISO 8601 UTC."""

    run_id: str
    kind: Literal["thought", "tool_use", "tool_result"]
    content: str
    iteration: int
    timestamp: str
    part: int = 0
    agent: str | None = None
    tool: str | None = None
    arguments: dict[str, Any] | None = None
    result: Any = None
    ok: bool | None = None
    ms: float | None = None
    aspect: str | None = None
    number: int = 0


class Code(Detail, frozen=True, tag="code"):
    """The next piece of the code of attempt `attempt` (from 1) to compute an answer; the pieces of an attempt make the
    whole. `language` is that of the code. The run's code so far, of all attempts, is `offset` characters long."""

    run_id: str
    text: str
    attempt: int = 1
    language: str = "sql"
    offset: int = 0


class Verification(Durable, Detail, frozen=True, tag="verification"):
    """A computed result was checked by other means. `is_valid` only if every check that could be made agreed;
    `confidence` is in 0..1; `checks` say in words what was compared and how it came out."""

    run_id: str
    is_valid: bool
    confidence: float
    attempts: int
    checks: tuple[str, ...] = ()


class DataReady(Durable, Detail, frozen=True, tag="data_ready"):
    """The figures of an answer: `rows` are a preview, by column, of the `total` rows that `code` gave, None where they
    are too many to count; `figure` is a Vega-Lite specification that holds its data. It is sent before the first token.
    """

    run_id: str
    code: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    total: int | None
    dataset: str
    figure: dict[str, Any] | None = None


class Routed(Durable, Detail, frozen=True, tag="routed"):
    """The specialists that answer, the leading one first; none where the router itself replies. It comes again with
    all of them where one passes a part on to another."""

    run_id: str
    agents: tuple[RoutedAgent, ...]


class Sources(Durable, Detail, frozen=True, tag="sources"):
    """The passages found, in the order of their markers; sent before the first token. It comes again, with all of
    them, where a tool has found more: what it found stands behind the others."""

    run_id: str
    passages: tuple[SourcePassage, ...]


class Token(Event, frozen=True, tag="token"):
    """The next piece of the answer, which so far is `offset` characters long; `part` names the specialist where
    several answer."""

    run_id: str
    text: str
    offset: int
    part: str | None = None


class InputRequired(Durable, frozen=True, tag="input_required"):
    """The run is parked before an effect until somebody answers `request_id`, or until `expires_at` (ISO 8601 UTC),
    which ends it cancelled. `proposal` is what will be done, bound to this request; `partial_response` what the run
    has said so far. It ends the turn, not the run."""

    run_id: str
    session_id: str
    request_id: str
    kind: Literal["confirm", "choose"]
    prompt: str
    options: tuple[Option, ...]
    proposal: dict[str, Any]
    expires_at: str
    partial_response: str = ""


class RunRestarted(Durable, frozen=True, tag="run_restarted"):
    """The run will begin again, because its process died or stopped: its text and sources so far count no more."""

    run_id: str
    attempt: int


class Completed(Terminal, frozen=True, tag="completed"):
    """The answer. `response` equals the run's tokens put together. `agent` is the leading specialist, or
    `out_of_scope`, `clarify`, `human` where none answered. `citations` are those that hold; `misplaced` are the markers
    that do not, and `unsupported` the statements that no passage supports. `diagram` belongs to the answer (Mermaid);
    `steps` are the run's `Reasoning` events again, without their results. `act` is what the message did.
    `hedged`: it quotes what comes closest and does not say that this is the answer."""

    session_id: str
    message_id: str
    response: str
    agent: str
    agents: tuple[RoutedAgent, ...]
    confidence: float
    sources: tuple[str, ...]
    citations: tuple[CitedSpan, ...]
    usage: UsageFigures
    timing: Timing
    answerer: str
    declined: bool = False
    degraded: str | None = None
    truncated: bool = False
    unsupported: tuple[UnsupportedSpan, ...] = ()
    misplaced: tuple[MisplacedMarker, ...] = ()
    parts: tuple[AnswerPart, ...] = ()
    diagram: str | None = None
    steps: tuple[Reasoning, ...] = ()
    act: str = "request"
    hedged: bool = False


class Failed(Terminal, frozen=True, tag="failed"):
    """The run ended without an answer. `ref` stands in the log beside the cause."""

    reason: str
    error: str
    ref: str
    retryable: bool = True
    retry_after_ms: int | None = None


class Cancelled(Terminal, frozen=True, tag="cancelled"):
    """The customer stopped the run; `partial_response` is what had been said."""

    partial_response: str
    side_effects: tuple[str, ...] = ()


class Deleted(Durable, Upkeep, frozen=True, tag="deleted"):
    """The customer has taken a message back: its text is gone everywhere, its place stays."""

    message_id: str
    run_id: str


class Superseded(Durable, Upkeep, frozen=True, tag="superseded"):
    """Another message, `by`, stands for this one: it and all that came of it and after it are a branch of the past."""

    message_id: str
    by: str
    run_id: str


class Typing(Upkeep, frozen=True, tag="typing"):
    """The customer is writing; for the staff. `text` is what stands there so far, None where that is not told."""

    text: str | None = None


class Seen(Upkeep, frozen=True, tag="seen"):
    """The customer has read up to `upto_seq`; for the staff."""

    upto_seq: int


class Resumed(Upkeep, frozen=True, tag="resumed"):
    """A reader has asked to follow again: what came after the seq `after` comes next, up to `head_seq`, then everything
    live. `after` is 0 where the place that the reader named is none in this conversation, or nobody can tell whether it
    is: what the reader has counts no more."""

    session_id: str
    after: int
    head_seq: int
    active_run: str | None = None


AnyEvent = (
    Accepted
    | Progress
    | Reasoning
    | Routed
    | Code
    | Verification
    | DataReady
    | Sources
    | Token
    | InputRequired
    | RunRestarted
    | Completed
    | Failed
    | Deleted
    | Superseded
    | Owner
    | StaffMessage
    | StaffTyping
    | Typing
    | Seen
    | Resumed
    | Cancelled
)

Ending = Completed | Failed | Cancelled
"""How a run ends."""
KINDS: frozenset[type[Event]] = frozenset(get_args(AnyEvent))


def kinds(*groups: type[Event]) -> frozenset[type[Event]]:
    """The kinds of event that belong to these groups, or are among them."""
    return frozenset(kind for kind in KINDS if issubclass(kind, groups))


class Envelope(msgspec.Struct, frozen=True):
    """An event on its way to followers; `seq` where it is durable. The id of the conversation is its epoch for clients:
    it differs from that of a deleted conversation with the same owner and session. `tenure`: under which it is said,
    where it is no durable event of a run; once that is over nobody is told of it any more. `place`: the how manieth
    thing without a `seq` this is that its run has said, from 1."""

    conversation_id: str
    event: AnyEvent
    seq: int | None = None
    tenure: Tenure | None = None
    place: int = 0

    @property
    def late(self) -> bool:
        """Whether the bot said it and has the conversation no more."""
        return self.tenure is not None and self.tenure.over


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def encode(event: Event) -> bytes:
    """The event as JSON; `decode(encode(event)) == event`."""
    return _encoder.encode(event)


def decode(body: bytes | str) -> AnyEvent:
    """The event that `encode` wrote. Raises msgspec.ValidationError on anything else."""
    return _decoder.decode(body)


def to_plain(value: Any) -> Any:
    """An event or part of one as dictionaries, lists and scalars."""
    return msgspec.to_builtins(value)
