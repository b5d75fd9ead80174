"""One conversation over a link that may break: what was asked is delivered once, what is answered is read in full."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any, Literal

from .errors import ClientError, Closed, Frame, LineLost, Refused
from .line import Line
from .link import Link
from .turn import Turn, Viewer, ends_run, is_ack

DELETED = "The conversation was deleted before the answer had come. Ask again."


class Conversation:
    """What one user and the assistant say under one `session_id`. Made by `Client.conversation`.

    While a turn is open or somebody follows, a task of its own (the keeper) sends what the server has not acknowledged,
    in order, and asks each new connection for what the last one did not tell.
    """

    def __init__(self, session_id: str, link: Link, timezone: str = "") -> None:
        self.session_id = session_id
        self._link = link
        self._metadata = {"timezone": timezone} if timezone else {}
        self._turns: list[Turn] = []
        self._viewers: list[Viewer] = []
        self._parked: dict[str, Frame] = {}
        self._epoch: str | None = None
        self._seq: int | None = None
        self._line: Line | None = None
        self._lacking = False
        self._deaf = False
        self._resumed_after: int | None = None
        self._head = 0
        self._changed = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    @property
    def epoch(self) -> str | None:
        """Which conversation of this name it is, as the server says from its first answer on: another one once it was
        deleted and something is said under its name again. Whoever keeps a `seq` for `follow` keeps this with it."""
        return self._epoch

    def ask(
        self,
        text: str,
        *,
        replaces: str | None = None,
        client_message_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Turn:
        """Send a message; its answer is the Turn. Several may be asked at once: they are answered in this order.

        With `replaces`, the `message_id` of a message of yours in this conversation (`Turn.message_id`), it stands
        instead of that one, which goes with all that followed; with the same text the answer is made anew.

        The message is sent at once and, under one `client_message_id`, again until the server has acknowledged it.
        Reading the turn raises Refused (Busy when three messages wait already), Unreachable, SignInFailed, Dropped.
        """
        name = client_message_id or uuid.uuid4().hex
        message = {"type": "message", "message": text, "session_id": self.session_id, "client_message_id": name}
        instead = {} if replaces is None else {"replaces": replaces}
        all_metadata = {**self._metadata, **(metadata or {})}
        frame = {**message, **instead, **({"metadata": all_metadata} if all_metadata else {})}
        return self._begin(frame, lambda ack: ack.get("client_message_id") == name)

    def answer(self, request_id: str, value: Any) -> Turn:
        """Answer an `input_required` with the value of one of its options; the Turn is the rest of the run, and its
        text begins with what the run has said before. Errors as for `ask`."""
        prompts = (frame for frame in self._parked.values() if frame.get("request_id") == request_id)
        run_id = next((frame.get("run_id") for frame in prompts), None)

        def confirms(ack: Frame) -> bool:
            return ack.get("session_id") == self.session_id if run_id is None else ack.get("run_id") == run_id

        return self._begin({"type": "answer", "request_id": request_id, "value": value}, confirms)

    async def follow(self, after: int = 0, epoch: str | None = None) -> AsyncGenerator[Frame, None]:
        """Every frame of the conversation, whoever asked: the durable ones above `after` (0: from its beginning), then
        all that happens, until the loop is left. Raises Refused `NOT_FOUND` where nothing was ever said, and other
        ClientErrors.

        `epoch` is the one in which you were at `after`; without it, this conversation's. Where the server finds that
        it was another, or cannot tell, all frames come. So they do when the conversation is deleted and its name used
        again: an `ack` or `resumed` with another `epoch` says that what came before counts no more."""
        if self._epoch is None:
            self._epoch = epoch
        viewer = Viewer(after if epoch in (None, self._epoch) else 0)
        self._viewers.append(viewer)
        self._lacking = True
        self._wake()
        try:
            while True:
                yield await viewer.feed.take()
        finally:
            with contextlib.suppress(ValueError):
                self._viewers.remove(viewer)
            self._wake()

    async def cancel(self, run_id: str | None = None) -> None:
        """Stop a run, or without `run_id` the one that is being answered. To stop what has ended is no error."""
        target = {"session_id": self.session_id} if run_id is None else {"run_id": run_id}
        try:
            await self._link.settle({"type": "cancel", **target})
        except Refused as refused:
            if refused.code != "RUN_NOT_ACTIVE":
                raise

    async def feedback(self, message_id: str, rating: Literal["up", "down"], reason: str | None = None) -> None:
        """Rate an answer by the `message_id` of its `complete`. Raises Refused and other ClientErrors."""
        frame = {"type": "feedback", "message_id": message_id, "rating": rating}
        await self._link.settle(frame | ({"reason": reason} if reason is not None else {}))

    async def delete(self, message_id: str) -> None:
        """Take back a message of your own (the `message_id` of its `ack`). Raises Refused and other ClientErrors."""
        await self._link.settle({"type": "delete", "message_id": message_id})

    async def read(self, seq: int) -> None:
        """Tell that the person has read up to `seq`. Raises Refused and other ClientErrors."""
        await self._link.settle({"type": "read", "session_id": self.session_id, "seq": seq, **self._named})

    async def typing(self) -> None:
        """Tell that the person is writing. Of no use later, so without a connection it is left out."""
        if self._line is not None and self._line.open:
            with contextlib.suppress(ClientError, LineLost):
                await self._line.request({"type": "typing", "session_id": self.session_id})

    # --- what the client tells it ------------------------------------------------------------------------------------

    @property
    def answering(self) -> bool:
        """Whether an acknowledged message has not been answered yet."""
        return any(turn.confirmed for turn in self._turns)

    def received(self, frame: Frame) -> None:
        """A frame of this conversation has come."""
        kind, seq = frame.get("type"), frame.get("seq")
        if "epoch" in frame:
            self._meet(frame["epoch"])
        if is_ack(frame):
            self._confirm(frame)
        if kind == "resumed":
            self._resumed(frame)
        elif self._deaf or (seq is not None and not self._in_order(seq)):
            return
        if kind == "input_required":
            self._parked[str(frame.get("run_id"))] = frame
        elif ends_run(frame):
            self._parked.pop(str(frame["run_id"]), None)
        for viewer in self._viewers:
            viewer.offer(frame)
        ended = [turn for turn in self._turns if turn.offer(frame)]
        if ended:
            self._turns = [turn for turn in self._turns if turn not in ended]
            self._changed.set()
            self._link.leave_if_idle()

    def line_changed(self) -> None:
        """The connection is lost."""
        self._changed.set()

    async def close(self, error: ClientError) -> None:
        """End every turn and viewer with `error`."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        self._fail(error)

    # --- the stream --------------------------------------------------------------------------------------------------

    @property
    def _named(self) -> Frame:
        """Which conversation a `seq` is of."""
        return {} if self._epoch is None else {"epoch": self._epoch}

    def _meet(self, epoch: str) -> None:
        """Where it is another conversation than until now, the runs of that one are gone, and counting begins anew."""
        previous, self._epoch = self._epoch, epoch
        if previous in (None, epoch):
            return
        self._fail_turns([turn for turn in self._turns if turn.confirmed], Refused("NOT_FOUND", DELETED))
        self._parked.clear()
        self._start_over()

    def _start_over(self) -> None:
        self._seq = 0 if self._viewers else None
        self._resumed_after, self._head = None, 0
        for turn in self._turns:
            turn.start_over()
        for viewer in self._viewers:
            viewer.seq = 0

    def _confirm(self, ack: Frame) -> None:
        parked = self._parked.pop(ack["run_id"], {})
        for turn in self._turns:
            if turn.confirmed_by(ack):
                turn.begin(ack, parked.get("partial_response") or "")
                return

    def _resumed(self, frame: Frame) -> None:
        after, head = frame.get("after") or 0, frame.get("head_seq") or 0
        resume_after = self._resumed_after or 0
        if after > head or after < resume_after:  # the server does not go on from there, but sends everything
            after = 0
            self._start_over()
        self._deaf, self._head, self._resumed_after = False, head, after
        if self._seq is None:
            self._seq = after
        for viewer in self._viewers:
            viewer.attached = viewer.attached or viewer.seq >= after

    def _in_order(self, seq: int) -> bool:
        """Whether to hand the event on: false where events before it are missing, which is then asked for. A repeat is
        handed on, for each reader knows what it has seen. What is still missing from the answer does not exist."""
        last_seq = self._seq
        if last_seq is not None and seq <= last_seq:
            return True
        watched = self._turns or self._viewers
        if last_seq is None or seq == last_seq + 1 or self._resumed_after == last_seq < self._head or not watched:
            self._seq = seq
            return True
        self._lacking = self._deaf = True
        self._wake()
        return False

    # --- the keeper --------------------------------------------------------------------------------------------------

    def _begin(self, frame: Frame, confirms: Callable[[Frame], bool]) -> Turn:
        turn = Turn(frame, confirms, self._link.effort(), self.cancel)
        self._turns.append(turn)
        self._wake()
        return turn

    def _wake(self) -> None:
        self._changed.set()
        if (self._turns or self._viewers) and (self._keeper is None or self._keeper.done()):
            self._keeper = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        try:
            while self._turns or self._viewers:
                line = await self._link.line()
                with contextlib.suppress(LineLost):
                    await self._attend(line)
        except ClientError as error:
            self._fail(error)
        except BaseException:
            self._fail(Closed())
            raise

    async def _attend(self, line: Line) -> None:
        """Serve the turns and viewers over one line, until there are none. Raises LineLost, ClientError."""
        if line is not self._line:
            self._take_up(line)
        while self._turns or self._viewers:
            self._changed.clear()
            line.check()
            waiting = next((turn for turn in self._turns if not turn.confirmed), None)
            if self._lacking:
                await self._resume(line)
            elif waiting is not None:
                await self._deliver(line, waiting)
            else:
                await self._changed.wait()

    def _take_up(self, line: Line) -> None:
        """A new line follows nothing yet. Where nobody waits for what it might have told, that is not asked for."""
        self._line, self._deaf, self._resumed_after, self._head = line, False, None, 0
        for viewer in self._viewers:
            viewer.attached = False
        answers = any(turn.frame["type"] == "answer" for turn in self._turns)
        self._lacking = bool(self._viewers or self.answering or (answers and self._seq is not None))
        if not self._lacking:
            self._seq = None

    async def _resume(self, line: Line) -> None:
        positions = [] if self._seq is None else [self._seq]
        after = min([*positions, *(viewer.seq for viewer in self._viewers if not viewer.attached)], default=0)
        self._lacking, self._resumed_after = False, after
        try:
            await line.request({"type": "resume", "session_id": self.session_id, "after": after, **self._named})
        except Refused as refused:
            try:
                await self._link.overcome(line, refused, self._link.effort())
                self._lacking = True
            except Refused:
                self._fail(refused, unsent=False)
        finally:
            self._deaf = self._deaf and self._lacking

    async def _deliver(self, line: Line, turn: Turn) -> None:
        """Send a message until it is acknowledged or refused for good."""
        try:
            await line.request(turn.frame)
        except LineLost:
            self._link.give_up_at(turn.effort)
            raise
        except Refused as refused:
            try:
                await self._link.overcome(line, refused, turn.effort)
            except Refused as final:
                self._turns.remove(turn)
                turn.fail(final)

    def _fail(self, error: ClientError, *, unsent: bool = True) -> None:
        """End the viewers and turns with `error`; without `unsent`, not those that the server has yet to hear of."""
        self._fail_turns([turn for turn in self._turns if unsent or turn.confirmed], error)
        for viewer in self._viewers:
            viewer.feed.end(error)
        self._viewers.clear()

    def _fail_turns(self, failed: Sequence[Turn], error: ClientError) -> None:
        self._turns = [turn for turn in self._turns if turn not in failed]
        for turn in failed:
            turn.fail(error)
