"""A client whose connection, server or token comes to its end."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from api.client import (
    Client,
    Dropped,
    Refused,
    SignInFailed,
    Unreachable,
    Waiting,
    Waits,
)
from api.client import link as link_module
from api.client.socket import parsed
from tests.scripted_chat import Clock, Peer, asked, client, refusing, scripted, types

# --- a connection that is lost ---------------------------------------------------------------------------------------


async def test_a_message_that_was_not_acknowledged_is_sent_again_under_the_same_id() -> None:
    async def drops(peer: Peer) -> None:
        await peer.receive()

    async with scripted(drops, drops, asked) as (url, peers), client(url) as it:
        assert (await it.conversation("s1").ask("Hello"))["response"] == "Hi"
    assert peers[0].seen[1] == peers[1].seen[1] == peers[2].seen[1]


async def test_an_acknowledged_message_is_resumed_where_it_was() -> None:
    async def drops(peer: Peer) -> None:
        await peer.ack(await peer.receive(), seq=5)
        await peer.send("token", run_id="r1", offset=0, token="half a")

    async def goes_on(peer: Peer) -> None:
        await peer.receive()
        await peer.send("resumed", session_id="s1", after=5, head_seq=6, active_run="r1")
        await peer.send("sources", run_id="r1", passages=[{"id": "p"}], seq=6)
        await peer.send("token", run_id="r1", offset=0, token="half an answer")
        await peer.answer(text="half an answer, and the rest", seq=7)
        await peer.linger()

    async with scripted(drops, goes_on) as (url, peers), client(url) as it:
        turn = it.conversation("s1").ask("Hello")
        assert await types(turn) == ["ack", "token", "sources", "token", "token", "complete"]
    assert peers[1].seen[1] == {"type": "resume", "session_id": "s1", "after": 5}
    assert turn.text == "half an answer, and the rest"


async def test_a_message_behind_an_acknowledged_one_is_resent_only_if_history_lacks_it() -> None:
    async def drops(peer: Peer) -> None:
        await peer.ack(await peer.receive(), "r1", 1)
        await peer.receive()

    async def has_the_second(peer: Peer) -> None:
        second = peers[0].seen[2]
        await peer.receive()
        await peer.send("resumed", session_id="s1", after=1, head_seq=2, active_run="r1")
        await peer.ack(second, "r2", 2)
        await peer.ack(await peer.receive(), "r3", 3)
        for number in (1, 2, 3):
            await peer.answer(f"r{number}", seq=3 + number)
        await peer.linger()

    async with scripted(drops, has_the_second) as (url, peers), client(url) as it:
        turns = [it.conversation("s1").ask(text) for text in ("one", "two", "three")]
        assert [(await turn)["run_id"] for turn in turns] == ["r1", "r2", "r3"]
    assert [frame.get("message") for frame in peers[1].seen[2:]] == ["three"]


async def test_repeated_events_are_dropped_and_a_gap_is_asked_for_again() -> None:
    async def gaps(peer: Peer) -> None:
        await peer.ack(await peer.receive())
        await peer.send("routed", run_id="r1", agents=[], seq=2)
        await peer.send("routed", run_id="r1", agents=[], seq=2)
        await peer.send("complete", run_id="r1", session_id="s1", response="Hi", seq=4)
        assert await peer.receive() == {"type": "resume", "session_id": "s1", "after": 2}
        await peer.send("resumed", session_id="s1", after=2, head_seq=4)
        await peer.send("sources", run_id="r1", passages=[], seq=3)
        await peer.send("complete", run_id="r1", session_id="s1", response="Hi", seq=4)
        await peer.linger()

    async with scripted(gaps) as (url, _), client(url) as it:
        turn = it.conversation("s1").ask("Hello")
        assert [frame["seq"] async for frame in turn] == [1, 2, 3, 4]


async def test_what_the_server_does_not_have_is_not_asked_for_for_ever() -> None:
    async def hole(peer: Peer) -> None:
        await peer.ack(await peer.receive())
        for _ in range(2):
            await peer.send("complete", run_id="r1", session_id="s1", response="Hi", seq=3)
            await peer.receive()
            await peer.send("resumed", session_id="s1", after=1, head_seq=3)

    async with scripted(hole) as (url, _), client(url) as it:
        turn = it.conversation("s1").ask("Hello")
        assert (await turn)["seq"] == 3


async def test_while_a_gap_is_filled_nothing_overtakes() -> None:
    async def gaps(peer: Peer) -> None:
        await peer.receive()
        await peer.send("resumed", session_id="s1", after=0, head_seq=1)
        await peer.ack({}, "r1", 1)
        await peer.send("routed", run_id="r1", agents=[], seq=3)
        assert (await peer.receive())["after"] == 1
        await peer.send("sources", run_id="r1", passages=[], seq=4)
        await peer.send("resumed", session_id="s1", after=1, head_seq=4)
        for seq in (2, 3, 4):
            await peer.send("routed", run_id="r1", agents=[], seq=seq)
        await peer.linger()

    async with scripted(gaps) as (url, _), client(url) as it:
        seen = []
        async for frame in it.conversation("s1").follow():
            seen += [frame["seq"]] if "seq" in frame else []
            if seen[-1:] == [4]:
                break
    assert seen == [1, 2, 3, 4]


async def test_what_was_said_while_nobody_waited_is_not_asked_for() -> None:
    async def answers_and_goes(peer: Peer) -> None:
        await peer.ack(await peer.receive())
        await peer.answer()

    async def much_later(peer: Peer) -> None:
        await peer.ack(await peer.receive(), "r9", 9)
        await peer.answer("r9", seq=10)
        await peer.linger()

    async with scripted(answers_and_goes, much_later) as (url, peers), client(url) as it:
        await it.conversation("s1").ask("Hello")
        await peers[0].socket.wait_closed()
        assert (await it.conversation("s1").ask("Hello again"))["seq"] == 10
    assert [frame["type"] for frame in peers[1].seen] == ["auth", "message"]


@pytest.mark.parametrize("code", [1000, 1001, 1011, 1012, 1013, 4408, 4410])
async def test_after_these_close_codes_the_client_comes_back(code: int) -> None:
    async def closes(peer: Peer) -> None:
        await peer.receive()
        await peer.socket.close(code)

    async with scripted(closes, asked) as (url, _), client(url) as it:
        assert (await it.conversation("s1").ask("Hello"))["type"] == "complete"


@pytest.mark.parametrize("code", [1003, 1007, 1009, 4400, 4403])
async def test_after_these_close_codes_it_stops(code: int) -> None:
    async def closes(peer: Peer) -> None:
        await peer.receive()
        await peer.socket.close(code)

    async with scripted(closes) as (url, peers), client(url) as it:
        for _ in range(2):
            with pytest.raises(Dropped) as dropped:
                await it.conversation("s1").ask("Hello")
            assert dropped.value.code == code
    assert len(peers) == 1


@pytest.mark.parametrize(("told", "waited"), [(4_000, 4.0), (None, 30.0)])
async def test_after_a_flood_it_waits_as_told_or_long(told: int | None, waited: float) -> None:
    async def floods(peer: Peer) -> None:
        await peer.receive()
        if told:
            await peer.send("error", code="RATE_LIMITED", error="Too many.", retryable=False, retry_after_ms=told)
            await peer.receive()
        await peer.socket.close(4429)

    clock = Clock()
    async with scripted(floods, asked) as (url, _), client(url, clock=clock) as it:
        if told:
            with pytest.raises(Refused):
                await it.conversation("s1").ask("Hello")
        assert (await it.conversation("s1").ask("Hello"))["type"] == "complete"
    assert clock.waited == [waited]


async def test_a_user_with_too_many_connections_waits_for_a_seat() -> None:
    async def full(peer: Peer) -> None:
        await peer.receive()
        await peer.send("error", code="RATE_LIMITED", error="Too many.", retryable=True, retry_after_ms=2000)
        await peer.socket.close(4429)

    async def free(peer: Peer) -> None:
        await peer.receive()
        await peer.send("auth_success")
        await asked(peer)

    clock = Clock()
    async with scripted(full, free, sign_in=False) as (url, _), client(url, clock=clock, chance=0.5) as it:
        assert (await it.conversation("s1").ask("Hello"))["type"] == "complete"
    assert clock.waited == [2.5]


async def test_a_closing_server_is_left_and_found_again_when_it_says() -> None:
    async def closes(peer: Peer) -> None:
        await peer.ack(await peer.receive())
        await peer.send("closing", reconnect_after_ms=3120)
        await peer.answer()
        await peer.linger()

    clock = Clock()
    async with scripted(closes, asked) as (url, peers), client(url, clock=clock) as it:
        assert (await it.conversation("s1").ask("Hello"))["type"] == "complete"
        assert (await it.conversation("s1").ask("Hello"))["type"] == "complete"
    assert clock.waited == [3.12]
    assert len(peers) == 2


async def test_a_message_that_a_stopping_server_refuses_goes_to_the_next_one() -> None:
    async def stops(peer: Peer) -> None:
        await peer.receive()
        await peer.send("error", code="SHUTTING_DOWN", error="Restarting.", retryable=True, retry_after_ms=700)
        await peer.linger()

    clock = Clock()
    async with scripted(stops, asked) as (url, peers), client(url, clock=clock) as it:
        assert (await it.conversation("s1").ask("Hello"))["type"] == "complete"
    assert clock.waited[0] == 0.7
    assert peers[1].seen[1] == peers[0].seen[1]


async def test_a_refused_handshake_is_tried_again_when_it_says() -> None:
    async def drops(peer: Peer) -> None:
        await peer.receive()

    clock, told = Clock(), []
    waits = Waits(sleep=clock.sleep, now=clock.now, chance=lambda: 1.0)
    async with (
        scripted(refusing(503, Retry_After="7"), drops, refusing(502), asked) as (url, _),
        Client(url, "token", waits=waits, tell=told.append) as it,
    ):
        assert (await it.conversation("s1").ask("Hello"))["type"] == "complete"
    assert clock.waited == [8.0, 2.0, 4.0]
    assert [told[0].seconds, "503" in told[0].reason] == [8.0, True]
    assert all(isinstance(waiting, Waiting) for waiting in told)


async def test_waits_grow_and_end_in_advice() -> None:
    async def drops(peer: Peer) -> None:
        await peer.receive()

    clock = Clock()
    async with scripted(drops, refusing(502)) as (url, _), client(url, clock=clock, patience_s=100) as it:
        with pytest.raises(Unreachable, match=r"HTTP 502.*Check") as gone:
            await it.conversation("s1").ask("Hello")
        assert gone.value.url == url
        assert clock.waited == [1, 2, 4, 8, 16, 30, 30]
        with pytest.raises(Unreachable):
            await it.conversation("s1").ask("It may be asked again")


async def test_a_message_that_costs_every_connection_is_given_up() -> None:
    async def dies_of_it(peer: Peer) -> None:
        await peer.receive()

    async with scripted(dies_of_it) as (url, peers), client(url, patience_s=60) as it:
        with pytest.raises(Unreachable, match="lost each time"):
            await it.conversation("s1").ask("Hello")
    assert len(peers) > 3


async def test_nobody_there_is_told_at_once() -> None:
    clock = Clock()
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:9.*Connection refused"):
        async with client("ws://127.0.0.1:9/ws/chat", clock=clock):
            raise AssertionError
    assert clock.waited == []


async def test_a_silent_connection_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def freezes(peer: Peer) -> None:
        await peer.receive()
        peer.socket.transport.pause_reading()
        await frozen.wait()
        peer.socket.transport.abort()

    monkeypatch.setattr(link_module, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(link_module, "CLOSE_S", 0.05)
    frozen = asyncio.Event()
    async with scripted(freezes, asked) as (url, _), client(url) as it:
        assert (await it.conversation("s1").ask("Hello"))["type"] == "complete"
        frozen.set()


# --- tokens ----------------------------------------------------------------------------------------------------------


def fresh() -> tuple[Callable[[], Awaitable[str]], list[str]]:
    given: list[str] = []

    async def token() -> str:
        given.append(f"token-{len(given) + 1}")
        return given[-1]

    return token, given


async def test_a_refused_token_is_said_so() -> None:
    async def denies(peer: Peer) -> None:
        await peer.receive()
        await peer.send("auth_error", message="Invalid token.", code="AUTH_INVALID")
        await peer.socket.close(4401)

    token, given = fresh()
    async with scripted(denies, sign_in=False) as (url, _):
        for shown in ("token", token):
            with pytest.raises(SignInFailed, match="Invalid token") as failed:
                async with client(url, shown):
                    raise AssertionError
            assert failed.value.code == "AUTH_INVALID"
    assert given == ["token-1"]


async def test_an_expired_sign_in_is_renewed_on_the_running_connection() -> None:
    async def expires(peer: Peer) -> None:
        await peer.receive()
        await peer.send("error", code="AUTH_EXPIRED", error="Expired.")
        assert (await peer.receive())["token"] == "token-2"
        await peer.send("auth_success")
        await asked(peer)

    token, _ = fresh()
    async with scripted(expires) as (url, peers), client(url, token) as it:
        assert (await it.conversation("s1").ask("Hello"))["type"] == "complete"
    assert peers[0].seen[1] == peers[0].seen[3]


async def test_a_token_that_cannot_be_renewed_fails_the_message() -> None:
    async def expires(peer: Peer) -> None:
        await peer.receive()
        await peer.send("error", code="AUTH_EXPIRED", error="Expired.")
        await peer.linger()

    async with scripted(expires) as (url, _), client(url) as it:
        with pytest.raises(SignInFailed, match="Expired"):
            await it.conversation("s1").ask("Hello")


async def test_a_warning_of_the_end_renews_the_sign_in() -> None:
    async def warns(peer: Peer) -> None:
        await peer.ack(await peer.receive())
        await peer.send("auth_expiring", in_s=60)
        assert (await peer.receive())["token"] == "token-2"
        await peer.send("auth_success")
        await peer.answer()
        await peer.linger()

    token, given = fresh()
    async with scripted(warns) as (url, _), client(url, token) as it:
        assert (await it.conversation("s1").ask("Hello"))["type"] == "complete"
    assert given == ["token-1", "token-2"]


@pytest.mark.parametrize("code", [4401, 4419])
async def test_an_expired_connection_comes_back_with_a_new_token(code: int) -> None:
    async def expires(peer: Peer) -> None:
        await peer.ack(await peer.receive())
        await peer.socket.close(code)

    async def resumes(peer: Peer) -> None:
        await peer.receive()
        await peer.send("resumed", session_id="s1", after=1, head_seq=1, active_run="r1")
        await peer.answer()
        await peer.linger()

    token, _ = fresh()
    async with scripted(expires, resumes) as (url, peers), client(url, token) as it:
        assert (await it.conversation("s1").ask("Hello"))["type"] == "complete"
    assert [peer.seen[0]["token"] for peer in peers] == ["token-1", "token-2"]
    async with scripted(expires) as (url, peers), client(url) as it:
        with pytest.raises(SignInFailed):
            await it.conversation("s1").ask("Hello")
    assert len(peers) == 1


async def test_a_held_token_that_is_refused_on_return_is_replaced() -> None:
    async def drops(peer: Peer) -> None:
        await peer.receive()
        await peer.send("auth_success")
        await peer.receive()

    async def denies(peer: Peer) -> None:
        await peer.receive()
        await peer.send("auth_error", message="Expired.", code="AUTH_EXPIRED")
        await peer.socket.close(4401)

    async def admits(peer: Peer) -> None:
        assert (await peer.receive())["token"] == "token-2"
        await peer.send("auth_success")
        await asked(peer)

    token, _ = fresh()
    async with scripted(drops, denies, admits, sign_in=False) as (url, _), client(url, token) as it:
        assert (await it.conversation("s1").ask("Hello"))["type"] == "complete"


async def test_a_token_function_that_fails_is_a_failed_sign_in() -> None:
    def token() -> str:
        raise RuntimeError("the vault is sealed at /etc/vault")

    async with scripted(asked) as (url, _):
        with pytest.raises(SignInFailed) as failed:
            async with client(url, token):
                raise AssertionError
    assert "vault" not in str(failed.value)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "nonsense", "[]", b"\xff", "9" * 5000])
def test_what_a_server_says_that_is_no_frame_ends_nothing(text: str | bytes) -> None:
    assert parsed(text) == {}
