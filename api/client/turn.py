"""What a caller reads: the frames of one message's answer, or of everything in a conversation."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from typing import Any

from .errors import ClientError, Frame
from .waits import Effort

RUN_ENDS = frozenset({"complete", "cancelled", "error"})


def ends_run(frame: Frame) -> bool:
    """Whether nothing of the frame's run follows it."""
    return frame.get("type") in RUN_ENDS and bool(frame.get("run_id"))


def is_ack(frame: Frame) -> bool:
    """Whether the server tells that it has a message, or an answer, and which run it belongs to."""
    return frame.get("type") == "ack" and isinstance(frame.get("run_id"), str)


class Feed:
    """A queue of frames with an end. Putting never waits; a reader that is cancelled loses nothing."""

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque()
        self._ready = asyncio.Event()
        self._ended = False
        self._error: ClientError | None = None

    def put(self, frame: Frame) -> None:
        self._frames.append(frame)
        self._ready.set()

    def end(self, error: ClientError | None = None) -> None:
        self._ended, self._error = True, error
        self._ready.set()

    async def take(self) -> Frame:
        """The next frame. Raises StopAsyncIteration at the end, or the error that ended it."""
        while not self._frames:
            if self._error is not None:
                raise self._error
            if self._ended:
                raise StopAsyncIteration
            self._ready.clear()
            await self._ready.wait()
        return self._frames.popleft()


class Turn:
    """One message and its answer. Iterate over its frames, or `await` it for the last one.

    The last frame is `complete`, `cancelled`, `error` or `input_required`; a message that could not be delivered
    raises a ClientError instead. `text` and `sources` are what the frames read so far amount to. Reading may stop, be
    cancelled, and go on: the answer does not depend on it.
    """

    def __init__(
        self,
        frame: Frame,
        confirms: Callable[[Frame], bool],
        effort: Effort,
        cancel: Callable[[str | None], Awaitable[None]],
    ) -> None:
        self.frame = frame
        self.effort = effort
        self.run_id: str | None = None
        self.message_id: str | None = None
        """The id of your message."""
        self.text = ""
        self.sources: Sequence[Mapping[str, Any]] = ()
        self.last: Frame | None = None
        """The frame that ended the turn, once it was read."""
        self._feed = Feed()
        self._settled = asyncio.Event()
        self._confirms = confirms
        self._cancel = cancel
        self._seq = 0

    # --- for the reader ----------------------------------------------------------------------------------------------

    def __aiter__(self) -> "Turn":
        return self

    async def __anext__(self) -> Frame:
        frame = await self._feed.take()
        self._read(frame)
        return frame

    def __await__(self) -> Generator[Any, None, Frame]:
        return self._end().__await__()

    async def cancel(self) -> None:
        """Ask the server to stop the answer; the turn then ends with `cancelled`, or with `complete` if that was
        faster. Raises ClientError."""
        await self._settled.wait()
        if self.run_id is not None:
            await self._cancel(self.run_id)

    async def _end(self) -> Frame:
        async for _ in self:
            pass
        assert self.last is not None
        return self.last

    def _read(self, frame: Frame) -> None:
        match frame.get("type"):
            case "token":
                offset = frame.get("offset", 0)
                if offset <= len(self.text):
                    self.text = self.text[:offset] + frame.get("token", "")
            case "sources":
                self.sources = frame.get("passages", ())
            case "run_restarted":
                self.text, self.sources = "", ()
            case "complete":
                self.text = frame.get("response", self.text)
            case "cancelled" | "input_required":
                self.text = frame.get("partial_response", self.text)
        if _ends_turn(frame):
            self.last = frame

    # --- for the conversation ----------------------------------------------------------------------------------------

    @property
    def confirmed(self) -> bool:
        """Whether the server has acknowledged it."""
        return self.run_id is not None

    def confirmed_by(self, frame: Frame) -> bool:
        """Whether the frame is the acknowledgement that this turn still waits for."""
        return not self.confirmed and is_ack(frame) and self._confirms(frame)

    def begin(self, ack: Frame, text: str) -> None:
        """The server has it: from `ack` on, the frames of that run are its own. `text` was said before."""
        self.run_id, self.message_id = ack["run_id"], ack.get("message_id")
        self.text = text
        self._seq = (ack.get("seq") or 1) - 1
        self._settled.set()

    def offer(self, frame: Frame) -> bool:
        """Take the frame if it is of this run and new; whether that ends the turn."""
        seq = frame.get("seq")
        if not self.confirmed or frame.get("run_id") != self.run_id or (seq is not None and seq <= self._seq):
            return False
        self._seq = seq or self._seq
        self._feed.put(frame)
        if _ends_turn(frame):
            self._feed.end()
            return True
        return False

    def fail(self, error: ClientError) -> None:
        """End without a last frame."""
        self._feed.end(error)
        self._settled.set()

    def start_over(self) -> None:
        """The server counts anew."""
        self._seq = 0


class Viewer:
    """One reader of a whole conversation: durable frames after `seq` without gap or repeat, and what is live.

    Until the server has been asked for what came after `seq`, nothing is `attached`: live frames would overtake it.
    """

    def __init__(self, seq: int) -> None:
        self.seq = seq
        self.attached = False
        self.feed = Feed()

    def offer(self, frame: Frame) -> None:
        seq = frame.get("seq")
        if not self.attached or (seq is not None and seq <= self.seq):
            return
        self.seq = seq or self.seq
        self.feed.put(frame)


def _ends_turn(frame: Frame) -> bool:
    return ends_run(frame) or frame.get("type") == "input_required"
