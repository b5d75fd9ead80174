"""A chat model's answer as it grows: its passages, its markers kept true, what may not leave kept back, and what it
comes to in the end."""

from dataclasses import replace

from agents.chat.canary import Canary
from agents.chat.output_filter import Outgoing
from agents.chat.prompt import DECLINED, says_declined
from agents.chat.tool_results import values
from agents.context import Outcome
from agents.model import Finish
from agents.passages.citations import MARKER, Markers
from agents.tool import Result
from agents.types import Answered, Citation, Evidence, Status, Task, Usage
from agents.vehicles.applicability import Fitment
from agents.verification.check import check
from rag.types import Passage

STOPPED = "I have to stop here: this is nothing that I can help with."
TO_A_PERSON = "This needs a person: one of our dealers, or our customer service, will gladly help you."


class Draft:
    """`passages` by their numbers; the rows that tools cite join them."""

    def __init__(self, passages: dict[int, Passage], canary: Canary) -> None:
        self._passages = passages
        self._markers = Markers(passages)
        self._outgoing = Outgoing(canary)
        self._pieces: list[str] = []
        self._results: list[Result] = []
        self._rows: dict[int, Evidence] = {}
        self._finish = Finish(False, Usage())

    @property
    def leaked(self) -> bool:
        """Whether the model has begun to recite its instructions: it is not to be heard any further."""
        return self._outgoing.leaked

    def take(self, event: str | Outcome | Finish) -> str:
        """What of the answer may be shown by now; "" where nothing may."""
        match event:
            case str():
                return self._say(self._outgoing.feed(self._markers.feed(event)))
            case Finish():
                self._finish = event
                return self._say(self._outgoing.feed(self._markers.end()) + self._outgoing.end())
            case Outcome(result=Result() as result, first_number=first):
                self._results.append(result)
                self._rows.update(enumerate(result.evidence, first))
                self._passages.update((number, row.passage) for number, row in self._rows.items())
        return ""

    def last_words(self) -> str:
        """What is added in fixed words, where an answer was cut short or nothing was said."""
        if self.leaked:
            return self._say("\n\n" * bool(self._pieces) + STOPPED)
        if self._pieces or self._last.proposal or self._last.pass_on:
            return ""
        return self._say(DECLINED if self._last.person is None else TO_A_PERSON)

    def _say(self, text: str) -> str:
        if text:
            self._pieces.append(text)
        return text

    @property
    def _last(self) -> Result:
        return self._results[-1] if self._results else Result(None)

    def answered(self, task: Task, fitment: Fitment) -> Answered:
        """The end of the answer, checked against what it rests on. Blocks."""
        text = "".join(self._pieces)
        cited = MARKER.search(text) is not None
        foreign = bool(task.language) and not self._results  # what a tool said needs no marker
        declined = self.leaked or says_declined(text, cited, foreign)
        truncated = self._finish.truncated and not self.leaked
        tool_texts = [values(result) for result in self._results]
        checked = check(
            text, self._passages, fitment, task, tool_texts=tool_texts, declined=declined, truncated=truncated
        )
        return Answered(
            citations=tuple(map(self._exact, checked.citations)),
            declined=declined,
            truncated=truncated,
            usage=self._finish.usage,
            unsupported=checked.unsupported,
            misplaced=checked.misplaced,
            status=self._status(declined, text),
            proposal=self._last.proposal,
            pass_on=self._last.pass_on,
        )

    def _exact(self, citation: Citation) -> Citation:
        """The citation of a tool's row names that row and no more."""
        row = self._rows.get(citation.number)
        return citation if row is None else replace(citation, start=row.start, end=row.end)

    def _status(self, declined: bool, text: str) -> Status:
        if self._last.person is not None:
            return "to_person"
        if self._last.pass_on is not None:
            return "passed_on"
        if declined:
            return "declined"
        asks = text.rstrip().endswith("?") and not MARKER.search(text) and self._last.proposal is None
        return "asked_back" if asks else "answered"
