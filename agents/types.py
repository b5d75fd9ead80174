"""The values that specialists, classifier and answerers pass around: one question in, typed outputs out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from agents.language.reading import Reading, reading
from agents.trace import Aspect as Aspect
from agents.trace import Checked as Checked
from agents.trace import Coded as Coded
from agents.trace import Computed as Computed
from agents.trace import Drawn as Drawn
from agents.trace import Stage as Stage
from agents.trace import Staged as Staged
from agents.trace import Thought as Thought
from agents.trace import ToolReturned as ToolReturned
from agents.trace import ToolUsed as ToolUsed
from agents.trace import Usage as Usage
from rag.types import Passage

if TYPE_CHECKING:
    from agents.context import ToolContext
    from agents.tool import Tool


STAFF = "staff"
"""Stands instead of a specialist's name where a person has answered."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier message of the conversation. `agent` names the specialist that answered, if one did, or is STAFF."""

    role: Literal["customer", "assistant"]
    text: str
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a message wants to be answered, beyond its text. `agent` names the specialist that is to answer, whatever the
    classifier would say; `channel` is the dialect or integration it came by, which opens specialists that are not for
    every role; `dataset` the one that figures are to come from, None for all. Without `prose` facts and passages are
    given as they stand. `passages`: they are wanted before the answer, also where a skill could do without. `seconds`:
    after these the run has taken too long. `history`: the conversation as the client tells it, instead of what is
    stored. `max_tokens`: a model is to write no more."""

    agent: str | None = None
    channel: str = ""
    dataset: str | None = None
    prose: bool = True
    passages: bool = False
    seconds: float | None = None
    history: tuple[Turn, ...] | None = None
    max_tokens: int | None = None


AS_USUAL = Wishes()


@dataclass(frozen=True, slots=True)
class Question:
    """What the customer asks. `text` as written; `history` oldest first, without this message; `facts` what the
    conversation knows about the customer (`model`, `variant`, `year`), by name; `notes` what skills noted in it, by the
    skill's name; `zone` the customer's time zone (IANA), "" if unknown; `wishes` how it is to be answered.

    Where a model has put a message into English, `own_words` is the message as it was written, and `language` the
    language of that by its English name; "" else.

    Of a long conversation `summary` tells what was said before the history; `older` are turns that it lacks and the
    history has no room for, up to the message number `older_upto`: they are to be summed up."""

    text: str
    history: tuple[Turn, ...] = ()
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    notes: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    zone: str = ""
    summary: str = ""
    older: tuple[Turn, ...] = ()
    older_upto: int = 0
    wishes: Wishes = AS_USUAL
    own_words: str = ""
    language: str = ""

    @property
    def reading(self) -> Reading:
        """What its text says, read once."""
        return reading(self.text)

    @property
    def foreign(self) -> bool:
        """Whether it is known to be in another language than English."""
        return self.language not in ("", "English")


@dataclass(frozen=True, slots=True)
class StandaloneQuestion:
    """A question that can be understood without the conversation. `text` asks it, as a rule in the customer's own
    words; the rest is what these leave open, "" where they do not: a `subject` in a few words, a `vehicle` and a model
    `year` of which the conversation speaks, and the customer's `own_vehicle`, from the facts."""

    text: str
    subject: str = ""
    vehicle: str = ""
    year: str = ""
    own_vehicle: str = ""

    @property
    def context(self) -> str:
        """What the text leaves open, as one phrase."""
        return "; ".join(filter(None, (self.subject, self.vehicle, self.year, self.own_vehicle)))

    @property
    def whole(self) -> str:
        """The text with its context, for searches, models and people; never taken apart again."""
        return f"{self.text} ({self.context})" if self.context else self.text


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a question and the specialist that is to answer it; `confidence` is a probability, 0..1. `label` heads
    its answer; where there is none the specialist's does."""

    question: StandaloneQuestion
    specialist: str
    confidence: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """The classifier's decision. `answer`: a part for each different question; `clarify`: too uncertain, ask the
    customer (`parts` hold the likeliest); `out_of_scope`, `human` and `talk`, which needs no specialist: no parts.
    `left_out`: questions that were too many to be answered at once. `act` is what the message does, by its name."""

    kind: Literal["answer", "clarify", "out_of_scope", "human", "talk"]
    confidence: float
    parts: tuple[Part, ...] = ()
    left_out: tuple[str, ...] = ()
    act: str = "request"


Status = Literal["answered", "declined", "asked_back", "passed_on", "to_person"]
"""How a part of an answer ended: answered; not to be found; with a question back; passed on to another specialist; or
left to a person."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch of a passage's document, from `start` to `end`, that something rests on."""

    passage: Passage
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Citation:
    """Marker `[number]` in the answer and the passage that supports it; `start` and `end` are the document offsets
    of the evidence used, inside the passage's chunk."""

    number: int
    passage: Passage
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class UnsupportedSpan:
    """A statement of the answer that no passage supports: `text` is `response[start:end]`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class MisplacedMarker:
    """A marker `[number]` of the answer, at `response[start:end]`, whose passage does not support what it stands
    behind. `instead` is the number of the passage that does, None where none does."""

    start: int
    end: int
    number: int
    instead: int | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """What an answerer gets: the standalone question, the specialist's instructions, the passages in the order of their
    markers (`passages[0]` is `[first_number]`: several specialists share one numbering), and the facts known.
    `unknown`: codes that the question names and no document has; `unanswered`: no document is about it. `summary` tells
    what was said before the history. `tools`: what a chat model may call, on the `context`; `max_tokens`: of text it
    may write no more. `act` is what the message does, `subject` what was asked before, in a few words; `own_words` and
    `language` are those of the question, where it is in another language than English."""

    question: str
    instructions: str
    passages: tuple[Passage, ...]
    history: tuple[Turn, ...] = ()
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    first_number: int = 1
    unknown: tuple[str, ...] = ()
    unanswered: bool = False
    summary: str = ""
    tools: "tuple[Tool[Any], ...]" = ()
    context: "ToolContext | None" = None
    max_tokens: int | None = None
    act: str = "request"
    subject: str = ""
    own_words: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One of the values that `input_required` can be answered with, and what a person reads."""

    value: Any
    label: str


YES_OR_NO = (Option(True, "Yes"), Option(False, "No"))


@dataclass(frozen=True, slots=True)
class Asks:
    """What a specialist's graph interrupts itself with before an effect: `proposal` is what it is about to do, bound to
    this question. Answered with the value of an option, with False for none of them, or with `{"change": text}`; not
    answered within `expires_s` seconds, its run is over."""

    kind: Literal["confirm", "choose"]
    prompt: str
    options: tuple[Option, ...] = YES_OR_NO
    proposal: Mapping[str, Any] = field(default_factory=dict)
    expires_s: float = 900.0


@dataclass(frozen=True, slots=True)
class Proposal:
    """An effect that waits for the customer's word. A yes does what the skill's action of this name does with these
    `arguments` (plain data); nothing else can. The customer is asked with `asks`."""

    action: str
    arguments: Mapping[str, Any]
    asks: Asks


@dataclass(frozen=True, slots=True)
class PassOn:
    """The question goes on to the specialist named `to`, as `text`, with what was found so far (plain data)."""

    to: str
    text: str
    findings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Answered:
    """The end of an answer. `declined`: the passages do not hold it. `hedged`: it quotes what comes closest, and does
    not say that this is the answer. `truncated`: the length budget ended it.
    `unsupported` and `misplaced`: what a check against the passages found wrong, in the order of the text. With a
    `proposal` the customer is to be asked next; with `pass_on` the question goes on to another specialist."""

    citations: tuple[Citation, ...] = ()
    declined: bool = False
    hedged: bool = False
    truncated: bool = False
    usage: Usage = field(default_factory=Usage)
    unsupported: tuple[UnsupportedSpan, ...] = ()
    misplaced: tuple[MisplacedMarker, ...] = ()
    status: Status = "answered"
    proposal: Proposal | None = None
    pass_on: PassOn | None = None


@dataclass(frozen=True, slots=True)
class Routing:
    """The classifier is at work."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The classifier's decision stands."""

    route: Route


@dataclass(frozen=True, slots=True)
class Searching:
    """The knowledge base is being searched for these specialists, by name."""

    specialists: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """All passages found so far, in the order of their markers. `degraded`: the search worked only in part."""

    passages: tuple[Passage, ...]
    degraded: bool = False


@dataclass(frozen=True, slots=True)
class Answering:
    """Part `part` (from 0) of the answer begins; `specialist` is None where the router itself replies. `label` heads
    the part where several answer. `skilled`: a skill does it, which looks things up before it has something to say."""

    part: int
    specialist: str | None = None
    label: str | None = None
    skilled: bool = False


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of the text of part `part`."""

    part: int
    text: str


@dataclass(frozen=True, slots=True)
class PartDone:
    """Part `part` is finished, or this specialist's share of it where it was passed on. `answerer` names who worded
    it."""

    part: int
    answered: Answered
    answerer: str


@dataclass(frozen=True, slots=True)
class Learned:
    """Facts about the customer, all that are known now, to be kept in the conversation."""

    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Noted:
    """What a skill is to remember in the conversation instead of what it noted before; None forgets it."""

    skill: str
    note: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Summarised:
    """What was said in the conversation up to the message number `upto`, in few words."""

    text: str
    upto: int


@dataclass(frozen=True, slots=True)
class PassedOn:
    """Part `part` goes on to another specialist."""

    part: int
    specialist: str


Remembered = Learned | Noted | Summarised
"""Outputs that stay in the conversation."""
VisibleOutput = (
    Routing
    | Decided
    | Searching
    | Found
    | Answering
    | Delta
    | PartDone
    | ToolUsed
    | ToolReturned
    | PassedOn
    | Thought
    | Staged
    | Coded
    | Checked
    | Computed
    | Drawn
)
"""Outputs that the customer may see something of."""
Output = VisibleOutput | Remembered
"""What comes out of the graph while it runs, in the order in which it happens."""
