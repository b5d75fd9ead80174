"""How an analysis is told: events in, frames out, for both dialects of it. Pure."""

from collections.abc import Callable
from typing import assert_never, get_args

import msgspec

from agents.types import Stage, Wishes
from api.protocol.analysis_frames import (
    AnalysisChunkFrame,
    CancelledFrame,
    ChainOfThoughtFrame,
    CodeChunkFrame,
    CompleteFrame,
    Data,
    DataReadyFrame,
    PongFrame,
    ProgressFrame,
    ReasoningFrame,
    ReflectionChunkFrame,
    ReflectionFrame,
    StartFrame,
    VerificationFrame,
)
from api.protocol.bodies import prompt_text
from api.protocol.client_view import Appended, Prompts
from api.protocol.dialect import AuthExpiring, Beat, Closing, Denied, Done, Notice, Pong, Problem, Welcome
from api.protocol.error_frame import failed, refused
from orchestrator import events
from orchestrator.commands import Send

AGENT = "analyst"
CHANNEL = "analysis"
ALL = "all"
"""What clients call the absence of a choice of datasets."""
QUESTION = "question"
"""The name of the request that a question is, by which its refusal is known."""
CANCEL = "cancel"
"""The frame that stops, as a bare word."""
MOST_PADDED = 64
"""Characters that such a frame may have with its spaces."""
AGAIN = "\n\n---\n\n"
STAGES: dict[str, Stage] = {stage: stage for stage in get_args(Stage)}

Frames = list[msgspec.Struct]


def ask(question: str, dataset: str | None, session_id: str, message_id: str | None = None) -> Send:
    """The question as a command."""
    chosen = None if dataset in (None, "", ALL) else dataset
    return Send(question, session_id, message_id, wishes=Wishes(agent=AGENT, channel=CHANNEL, dataset=chosen))


class Telling:
    """Tells the runs of one connection. A question that waits for another is told to begin when it does."""

    def __init__(self) -> None:
        self._prompts = Prompts()
        self._answers: dict[str, Appended] = {}
        self._waiting: set[str] = set()

    @property
    def under_way(self) -> bool:
        """Whether a question that was accepted has not been told to have ended."""
        return bool(self._answers or self._waiting)

    def frames(self, event: events.AnyEvent, *, lagging: bool) -> Frames:
        """The frames that tell the event; what ends a question is `complete`, `cancelled` or `error`."""
        if not self._prompts.are_news(event):
            return []
        run_id = event.turn_id if isinstance(event, events.Accepted) else getattr(event, "run_id", "")
        if isinstance(event, events.Accepted):
            self._waiting.add(run_id)
            return [] if self._answers else self._begin(run_id)
        began = self._begin(run_id) if run_id in self._waiting else []
        return [*began, *self._frames(event, lagging)]

    def _begin(self, run_id: str) -> Frames:
        self._waiting.discard(run_id)
        self._answers[run_id] = Appended()
        return [StartFrame("Starting the analysis...")]

    def _frames(self, event: events.AnyEvent, lagging: bool) -> Frames:
        match event:
            case events.Token():
                return self._token(event)
            case events.Accepted():
                return []  # it has begun, or waits for another to end
            case events.InputRequired():
                return self._complete(event, prompt_text(event))
            case events.Completed():
                return self._complete(event, event.response)
            case events.StaffMessage():
                return self._said_by_staff(event)
            case events.Failed():
                self._answers.pop(event.run_id, None)
                return [failed(event)]
            case events.Cancelled():
                self._answers.pop(event.run_id, None)
                return [CancelledFrame("The analysis was cancelled.")]
            case events.Progress() | events.Reasoning() | events.Code() | events.Verification() | events.DataReady():
                return _step(event, lagging)
            case events.RunRestarted() | events.Detail() | events.Upkeep():
                return []
            case _:
                assert_never(event)

    def _token(self, event: events.Token) -> Frames:
        answer = self._answers.setdefault(event.run_id, Appended())
        piece = answer.more(event)
        if piece is None:
            piece = AGAIN + answer.replace(event)
        return [AnalysisChunkFrame(piece)] if piece else []

    def _said_by_staff(self, event: events.StaffMessage) -> Frames:
        """It is the end of every question that waits for an answer."""
        began: Frames = [] if self._answers else [StartFrame("Starting the analysis...")]
        self._answers.clear()
        self._waiting.clear()
        complete = CompleteFrame("Analysis complete", event.message, event.session_id, event.message_id)
        return [*began, AnalysisChunkFrame(event.message), complete]

    def _complete(self, event: events.Completed | events.InputRequired, response: str) -> Frames:
        rest = self._answers.pop(event.run_id, Appended()).rest(response)
        missing = AGAIN + response if rest is None else rest
        chunks: Frames = [AnalysisChunkFrame(missing)] if missing else []
        return [*chunks, CompleteFrame("Analysis complete", response, event.session_id, event.run_id)]


Step = events.Progress | events.Reasoning | events.Code | events.Verification | events.DataReady
SILENT = events.kinds(events.Detail, events.Upkeep, events.RunRestarted) - set(get_args(Step))
"""Events of which neither dialect says anything."""


def _step(event: Step, lagging: bool) -> Frames:
    """What an analysis shows on its way: its stages, and of its reasoning the thoughts."""
    match event:
        case events.Progress(_, step, message):
            return [ProgressFrame(STAGES[step], message)] if step in STAGES else []
        case events.Reasoning(kind=kind, aspect=aspect):
            return _THOUGHTS[aspect](event.content, lagging) if kind == "thought" and aspect in _THOUGHTS else []
        case events.Code():
            return [CodeChunkFrame(event.text, event.attempt)]
        case events.Verification():
            return [VerificationFrame(event.is_valid, event.confidence, event.attempts, event.checks)]
        case events.DataReady():
            data = Data(event.code, event.rows, event.figure, event.columns, event.total, event.dataset)
            return [DataReadyFrame(data)]
        case _:
            assert_never(event)


def _reflection(content: str, lagging: bool) -> Frames:
    pieces: Frames = [ReflectionChunkFrame(line) for line in content.splitlines(keepends=True) if not lagging]
    return [*pieces, ReflectionFrame(content)]


_THOUGHTS: dict[str | None, Callable[[str, bool], Frames]] = {
    "plan": lambda content, lagging: [ChainOfThoughtFrame(content)],
    "approach": lambda content, lagging: [ReasoningFrame(content)],
    "cause": _reflection,
}


def noticed(notice: Notice) -> Frames:
    """What a notice is in these frames."""
    match notice:
        case Problem(error, ref):
            return [refused(error, ref)]
        case Denied(error):
            return [refused(error)]
        case Pong(timestamp):
            return [PongFrame(timestamp)]
        case Welcome() | Done() | AuthExpiring() | Closing() | Beat():
            return []
        case _:
            assert_never(notice)


def is_stopping(text: str) -> bool:
    """Whether a frame is the word `cancel`."""
    return len(text) <= MOST_PADDED and text.strip() == CANCEL
