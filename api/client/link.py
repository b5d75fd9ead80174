"""The way to the server: one signed-in line at a time, made again when somebody needs it."""

import asyncio
import contextlib
import os
import ssl
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus

from .credentials import Credentials, Token
from .errors import (
    Busy,
    ClientError,
    Closed,
    Dropped,
    Frame,
    LineLost,
    Refused,
    SignInFailed,
    Unreachable,
    Waiting,
)
from .line import Line
from .waits import Effort, Waits

HANDSHAKE_S, CLOSE_S, HEARTBEAT_S = 10, 2, 20
FRAME_BYTES = 16 * 1024 * 1024
"""The largest frame that is taken from a server: the text so far of a very long answer fits."""

NEW_TOKEN = {4401, 4419}
CALM_DOWN = 4429
STOP = {
    1003: "This client sent a binary frame.",
    1007: "This client sent a text that is not UTF-8.",
    1009: "This client sent a frame that is too large.",
    4400: "This client sent too many malformed frames.",
    4403: "This user may not be here, or no longer.",
}
"""Close codes after which nothing gets better by connecting again."""


class _Failed(Exception):
    """An attempt to connect that may go better later; `after_s` is the server's own wish."""

    def __init__(self, cause: str, after_s: float | None = None, error: ClientError | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.after_s = after_s
        self.error = error


class Link:
    """Gives the open line, connecting where there is none. `receive` is told each frame, `changed` each loss of a
    line, `tell` each wait; `answering` says whether an answer is under way."""

    def __init__(
        self,
        url: str,
        token: Token,
        waits: Waits,
        *,
        receive: Callable[[Frame], None],
        changed: Callable[[], None],
        answering: Callable[[], bool],
        tell: Callable[[Waiting], None],
        tls: ssl.SSLContext | None,
        proxy: str | None,
    ) -> None:
        self.waits = waits
        self._url = url
        self._credentials = Credentials(token)
        self._receive = receive
        self._changed = changed
        self._answering = answering
        self._tell = tell
        self._tls = tls
        self._proxy = proxy
        self._line: Line | None = None
        self._connecting: asyncio.Task[Line] | None = None
        self._errands: set[asyncio.Task[None]] = set()
        self._failures = 0
        self._not_before = 0.0
        self._return_after_s: float | None = None
        self._ended: ClientError | None = Closed()

    async def open(self) -> None:
        """Connect for the first time. Raises Unreachable, SignInFailed; a server that is stopping is waited for."""
        self._ended = None
        await self._line_by(lambda: self._connect(first=True))

    async def line(self) -> Line:
        """The open line, or a new one. Raises Unreachable, SignInFailed, Dropped, Closed."""
        return await self._line_by(self._connect)

    async def _line_by(self, connecting: Callable[[], Coroutine[Any, Any, Line]]) -> Line:
        self._check()
        if self._line is not None and self._line.open:
            return self._line
        if self._connecting is None or self._connecting.done():
            self._connecting = asyncio.create_task(connecting())
            self._connecting.add_done_callback(lambda task: task.cancelled() or task.exception())
        try:
            return await asyncio.shield(self._connecting)
        except asyncio.CancelledError:
            if self._connecting.cancelled():
                self._check()
            raise

    def _check(self) -> None:
        if self._ended is not None:
            raise self._ended

    async def settle(self, frame: Frame) -> None:
        """Have the server obey a frame to which it says nothing; over a new line if need be, so the frame must be one
        that does no harm twice. Raises ClientError."""
        effort = self.effort()
        while True:
            line = await self.line()
            try:
                await line.request(frame)
                return
            except LineLost:
                self.give_up_at(effort)
            except Refused as refused:
                await self.overcome(line, refused, effort)

    def effort(self) -> Effort:
        return Effort(self.waits.now() + self.waits.patience_s)

    def give_up_at(self, effort: Effort) -> None:
        """Raises Unreachable when the effort's time is over."""
        if self.waits.now() >= effort.deadline:
            raise self._unreachable("the connection is lost each time")

    async def overcome(self, line: Line, refused: Refused, effort: Effort) -> None:
        """Do what makes a refused request worth repeating: get a new token, or wait as the server says. Raises
        `refused`, or SignInFailed, where nothing does; LineLost when the line is better left."""
        if refused.code == "AUTH_EXPIRED":
            if effort.renewed or not self._credentials.renewable:
                raise SignInFailed(refused.text, refused.code) from refused
            effort.renewed = True
            await self.renew(line)
            return
        if not refused.retryable or isinstance(refused, Busy):
            raise refused
        retry_after_ms = refused.retry_after_ms
        wait_s = retry_after_ms / 1000 if retry_after_ms else self.waits.pause(effort.failures)
        effort.failures += 1
        if self.waits.now() + wait_s > effort.deadline:
            raise refused
        await self._wait(refused.text, wait_s)
        line.leaving = line.leaving or refused.code == "SHUTTING_DOWN"
        self.leave_if_idle()

    async def renew(self, line: Line) -> None:
        """Get a new token and show it on the open line. Raises SignInFailed, LineLost."""
        self._credentials.forget()
        try:
            token = await self._credentials.token()
        except Exception as error:
            raise _no_token() from error
        try:
            await line.sign_in(token)
        except Refused as refused:
            raise SignInFailed(refused.text, refused.code) from refused

    def expiring(self) -> None:
        """The token of the open line runs out soon: get a new one meanwhile."""
        if self._credentials.renewable and self._line is not None:
            self._errand(self.renew(self._line))

    def closing(self, reconnect_after_ms: float) -> None:
        """The server is about to stop: what is being answered may end here, the rest goes elsewhere."""
        if self._line is not None:
            self._line.leaving = True
            self._return_after_s = reconnect_after_ms / 1000
            self.leave_if_idle()

    def leave_if_idle(self) -> None:
        """Close a line whose server is stopping, once nothing more is to come on it."""
        line = self._line
        if line is not None and line.open and line.leaving and not self._answering():
            self._errand(line.close())

    async def close(self) -> None:
        """Close the line and end every task. Afterwards `line` raises Closed."""
        self._ended = Closed()
        tasks = [*self._errands, *([self._connecting] if self._connecting else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._line is not None:
            await self._line.close()

    # --- connecting --------------------------------------------------------------------------------------------------

    async def _connect(self, *, first: bool = False) -> Line:
        waits = self.waits
        deadline = waits.now() + waits.patience_s
        wait_s = max(0.0, self._not_before - waits.now())
        if wait_s:
            await self._wait("Connection lost, connecting again...", wait_s)
        while True:
            try:
                self._line = await self._attempt()
                return self._line
            except _Failed as failed:
                wait_s = waits.pause(self._failures) + (failed.after_s or 0.0)
                self._failures += 1
                if (first and failed.after_s is None) or waits.now() + wait_s > deadline:
                    raise failed.error or self._unreachable(failed.cause, failed.after_s) from failed
                await self._wait(f"No connection ({failed.cause}), trying again...", wait_s)

    async def _attempt(self) -> Line:
        """One connection, signed in. Raises _Failed when it may go better later, SignInFailed or Dropped when not."""
        while True:
            used = self._credentials.has_token
            try:
                token = await self._credentials.token()
            except Exception as error:
                raise _Failed("no token", error=_no_token()) from error
            line = await self._dial()
            try:
                await line.sign_in(token)
                return line
            except Refused as refused:
                await line.close()
                self._refused_at_door(refused, used=used)
            except LineLost:
                self._check()
                raise _Failed(f"closed with {line.code}", line.retry_after_s) from None
            except BaseException:
                await line.close()
                raise

    def _refused_at_door(self, refused: Refused, *, used: bool) -> None:
        """Returns when another token may do."""
        if refused.retryable:
            raise _Failed(refused.text, (refused.retry_after_ms or 0) / 1000) from refused
        if not used or not self._credentials.renewable:
            self._credentials.forget()
            raise SignInFailed(refused.text, refused.code) from refused
        self._credentials.forget()

    async def _dial(self) -> Line:
        options: dict[str, Any] = {"ssl": self._tls} if self._tls else {}
        try:
            socket = await connect(
                self._url,
                open_timeout=HANDSHAKE_S,
                close_timeout=CLOSE_S,
                ping_interval=HEARTBEAT_S,
                ping_timeout=HEARTBEAT_S,
                max_size=FRAME_BYTES,
                compression=None,
                proxy=self._proxy,
                **options,
            )
        except InvalidStatus as error:
            after = error.response.headers.get("Retry-After") if error.response.status_code in {429, 503} else None
            raise _Failed(f"HTTP {error.response.status_code}", _seconds(after)) from error
        except (OSError, TimeoutError, InvalidHandshake) as error:
            raise _Failed(_cause(error)) from error
        return Line(socket, self._take, self._lost)

    # --- what happens to a line --------------------------------------------------------------------------------------

    def _take(self, line: Line, frame: Frame) -> None:
        if line.proved:
            self._failures = 0
        self._receive(frame)

    def _lost(self, line: Line) -> None:
        code = line.code
        if code in STOP:
            self._ended = self._ended or Dropped(code, f"{STOP[code]} The server has closed the connection ({code}).")
        elif code in NEW_TOKEN:
            if not self._credentials.renewable:
                self._ended = self._ended or SignInFailed(
                    "Your sign-in has expired. Sign in again to go on.", "AUTH_EXPIRED"
                )
            self._credentials.forget()
        if line is not self._line:
            return
        if self._return_after_s is not None:
            wait_s = self._return_after_s
        elif code == CALM_DOWN:
            wait_s = line.retry_after_s or self.waits.longest_s
        else:
            wait_s = self.waits.pause(self._failures)
        self._return_after_s = None
        self._failures += 1
        self._not_before = self.waits.now() + wait_s
        self._changed()

    async def _wait(self, reason: str, seconds: float) -> None:
        self._tell(Waiting(reason, seconds))
        await self.waits.sleep(seconds)

    def _errand(self, doing: Coroutine[Any, Any, None]) -> None:
        async def do() -> None:
            with contextlib.suppress(ClientError, LineLost):
                await doing

        task = asyncio.create_task(do())
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def _unreachable(self, cause: str, after_s: float | None = None) -> Unreachable:
        advice = "Check that the server runs and that the address is right."
        if after_s:
            advice = f"It asks you to come back in {after_s:.0f} s."
        return Unreachable(self._url, cause, advice)


def _no_token() -> SignInFailed:
    return SignInFailed("No new token could be had. Sign in again to go on.", "AUTH_EXPIRED")


def _seconds(after: str | None) -> float | None:
    """The value of a Retry-After header (RFC 9110, 10.2.3): seconds, or a date."""
    if after is None:
        return None
    if after.isdecimal():
        return float(after)
    try:
        return max(0.0, (parsedate_to_datetime(after) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _cause(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "no answer in time"
        case ssl.SSLCertVerificationError():
            return "its certificate is not trusted"
        case OSError() if error.errno and error.errno > 0:
            return os.strerror(error.errno)
        case OSError():
            return "no such host, or no way to it"
        case _:
            return "it does not speak WebSocket"
