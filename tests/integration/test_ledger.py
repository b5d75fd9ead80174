"""The accounts of the real server: to the token what the provider sent, whatever becomes of a run, and budgets."""

import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conversing import talking, text_of
from tests.model_server.running import Control
from tests.serving import Served, duplicate, environment, pitcrew, serving

QUESTION = "What is the roof load of the Wren?"
PROSE = "How do I wash the car?"
"""What no table answers."""
FOLLOW_UP = "And how long is it?"
UNCLEAR = "the hose of my Heron"
"""Too uncertain for the classifier, so that the model routes it."""
PRICES = {"PITCREW_PRICES": "openai:scripted=1/0.1/10", "PITCREW_CURRENCY": "EUR"}


@contextmanager
def with_model(data: Path, provider: Control, **settings: str) -> Iterator[Served]:
    chosen = {"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": provider.base_url, "PITCREW_MODELS": "openai:scripted"}
    with serving(data, **chosen, **PRICES, **settings) as running:
        yield running


@pytest.fixture(scope="module")
def served(ingested: Path, provider: Control, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    own = duplicate(ingested, tmp_path_factory.mktemp("ledger") / "data")
    with with_model(own, provider) as running:
        yield running


@pytest.fixture(autouse=True)
def clean(provider: Control) -> None:
    provider.reset()


def usage(data: Path, *options: str) -> dict[str, dict[str, Any]]:
    """`pitcrew usage --json`, by its first field."""
    done = pitcrew("usage", "--json", *options, env=environment(data, **PRICES))
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {next(iter(row.values())): row for row in rows}


def sent_again(provider: Control) -> dict[str, dict[str, int]]:
    """What the provider counts for the requests so far, by what they were for: asked once more, it says the same."""
    counted: dict[str, dict[str, int]] = {}
    for body in provider.requests():
        plain = {name: value for name, value in body.items() if name not in {"stream", "stream_options"}}
        asked = urllib.request.Request(f"{provider.base_url}/chat/completions", json.dumps(plain).encode())
        with urllib.request.urlopen(asked, timeout=10) as answer:
            told = json.load(answer)["usage"]
        text = json.dumps(body)
        purpose = "rewrite" if "standalone_question" in text else "classify" if '"route"' in text else "answer"
        into = counted.setdefault(purpose, {"calls": 0, "input": 0, "output": 0, "cached": 0})
        into["calls"] += 1
        into["input"] += told["prompt_tokens"]
        into["output"] += told["completion_tokens"]
        into["cached"] += told["prompt_tokens_details"]["cached_tokens"]
    return counted


def figures(row: Mapping[str, Any]) -> dict[str, int]:
    return {"calls": row["calls"]} | {name: row[f"{name}_tokens"] for name in ("input", "output", "cached")}


async def test_the_books_are_what_the_provider_sent_to_the_token(served: Served, provider: Control) -> None:
    async with talking(served.chat, served.token("books")) as talk:
        ends = [(await talk.ask(text, session_id="books"))[-1] for text in (QUESTION, FOLLOW_UP)]
        ends.append((await talk.ask(UNCLEAR, session_id="unclear"))[-1])
    assert [end["type"] for end in ends] == ["complete"] * 3
    counted = sent_again(provider)
    assert set(counted) == {"answer", "rewrite", "classify"}
    booked = usage(served.data, "--by", "purpose")
    assert {purpose: figures(row) for purpose, row in booked.items()} == counted
    told = [end["metadata"]["usage"] for end in ends]
    for name in ("input", "output", "cached"):
        assert sum(one[f"{name}_tokens"] for one in told) == sum(one[name] for one in counted.values()), name
    cost = sum(one["input"] - one["cached"] + 0.1 * one["cached"] + 10 * one["output"] for one in counted.values())
    assert sum(row["cost_micros"] for row in booked.values()) == pytest.approx(cost, abs=6)
    assert sum(one["cost_micros"] for one in told) == sum(row["cost_micros"] for row in booked.values())
    assert {row["currency"] for row in booked.values()} == {"EUR"}
    (user,) = usage(served.data, "--by", "user").values()
    asked = sum(one["calls"] for one in counted.values())
    assert (user["user"], user["runs"], user["calls"], user["failures"], user["unpriced"]) == ("books", 3, asked, 0, 0)
    agents = usage(served.data, "--by", "agent")
    assert agents[""]["calls"] == 2
    assert agents["specs"]["calls"] >= 2


async def test_figures_for_monitoring_agree(served: Served, provider: Control) -> None:
    def tokens() -> float:
        _, body, _ = served.get("/metrics")
        labels = 'agent="specs",kind="input",model="openai:scripted",purpose="answer"'
        found = [line for line in body.decode().splitlines() if line.startswith(f"pitcrew_tokens_total{{{labels}}}")]
        return float(found[0].rpartition(" ")[2]) if found else 0.0

    before = tokens()
    async with talking(served.chat, served.token("monitored")) as talk:
        await talk.ask(QUESTION)
    assert tokens() - before == sent_again(provider)["answer"]["input"]


async def test_a_cancelled_run_is_on_the_books(served: Served, provider: Control) -> None:
    provider.script(always={"kind": "endless"})
    async with talking(served.chat, served.token("canceller")) as talk:
        await talk.send({"type": "message", "message": QUESTION})
        frame = await talk.receive()
        while frame["type"] != "token":
            frame = await talk.receive()
        await talk.send({"type": "cancel", "run_id": frame["run_id"]})
        assert (await talk.until_end())[-1]["type"] == "cancelled"
    row = usage(served.data, "--by", "user")["canceller"]
    assert (row["runs"], row["calls"], row["failures"], row["estimated"]) == (1, 1, 1, 1)
    assert row["input_tokens"] > 100
    assert row["output_tokens"] > 0


async def test_a_run_that_the_server_leaves_is_on_the_books(data: Path, provider: Control) -> None:
    provider.script(always={"kind": "endless"})
    with with_model(data, provider, PITCREW_DRAIN_S="0") as served:
        async with talking(served.chat, served.token("left")) as talk:
            await talk.send({"type": "message", "message": QUESTION})
            while (await talk.receive())["type"] != "token":
                pass
            served.process.terminate()
            await talk.closed()
        assert served.process.wait(15) == 0
        assert "accounts_not_written" not in served.printed()
    row = usage(data, "--by", "user")["left"]
    assert (row["calls"], row["estimated"], row["output_tokens"] > 0) == (1, 1, True)


async def test_a_failed_run_is_on_the_books(served: Served, provider: Control) -> None:
    provider.script(always={"kind": "cut", "after": 5})
    async with talking(served.chat, served.token("unlucky")) as talk:
        assert (await talk.ask(QUESTION))[-1]["type"] == "error"
    row = usage(served.data, "--by", "user")["unlucky"]
    assert (row["failures"] == row["calls"] == row["estimated"], row["output_tokens"] > 0) == (True, True)


async def test_a_refused_request_costs_nothing(served: Served, provider: Control) -> None:
    provider.script(always={"kind": "status", "status": 400})
    async with talking(served.chat, served.token("refused")) as talk:
        assert (await talk.ask(QUESTION))[-1]["type"] == "error"
    row = usage(served.data, "--by", "user")["refused"]
    assert (row["failures"] == row["calls"] > 0, row["input_tokens"], row["cost"]) == (True, 0, 0.0)


async def test_accounts_outlive_a_deleted_conversation(served: Served, provider: Control) -> None:
    token = served.token("forgetful")
    async with talking(served.chat, token) as talk:
        await talk.ask(QUESTION, session_id="gone")
    before = usage(served.data, "--by", "user")["forgetful"]
    status, _, _ = served.request("DELETE", "/api/v1/sessions/gone", token)
    assert status in {200, 204}
    assert usage(served.data, "--by", "user")["forgetful"] == before


def test_the_table_for_people(served: Served) -> None:
    done = pitcrew("usage", "--by", "model", env=environment(served.data, **PRICES))
    head, *rows = done.stdout.splitlines()
    assert head.split()[:7] == ["model", "runs", "calls", "failed", "input", "cached", "output"]
    assert [row.split()[0] for row in rows] == ["openai:scripted", "total"]
    assert "estimated" in done.stderr


async def test_a_day_that_is_used_up_goes_on_offline_and_others_as_before(data: Path, provider: Control) -> None:
    with with_model(data, provider, PITCREW_USER_DAY_TOKENS="300") as served:
        async with talking(served.chat, served.token("keen")) as keen:
            first = (await keen.ask(PROSE))[-1]["metadata"]
            asked = provider.stats()["requests"]
            frames = await keen.ask(PROSE)
            looked_up = (await keen.ask(QUESTION))[-1]
            assert provider.stats()["requests"] == asked, "no model was asked"
        assert (first["answerer"], first.get("degraded")) == ("openai:scripted", None)
        end = frames[-1]
        assert end["type"] == looked_up["type"] == "complete"
        assert (end["metadata"]["answerer"], end["metadata"]["degraded"]) == ("offline", "DAY_BUDGET")
        assert end["metadata"]["usage"]["input_tokens"] == 0
        assert end["metadata"]["context"]["citations"]
        assert "00:00 UTC" in end["response"]
        assert text_of(frames) == end["response"]
        assert "00:00 UTC" not in looked_up["response"], "what skills do is as good as ever"
        async with talking(served.chat, served.token("other")) as other:
            assert (await other.ask(QUESTION))[-1]["metadata"]["answerer"] == "openai:scripted"


async def test_an_answer_beyond_the_runs_budget_ends_truncated(data: Path, provider: Control) -> None:
    provider.script(always={"kind": "endless"})
    with with_model(data, provider, PITCREW_RUN_TOKENS="2000", PITCREW_ANSWER_TOKENS="100000") as served:
        async with talking(served.chat, served.token("long")) as talk:
            end = (await talk.ask(QUESTION))[-1]
        assert (end["type"], end["metadata"]["truncated"]) == ("complete", True)
        provider.wait_until(open=0)
        row = usage(data, "--by", "user")["long"]
        assert 2000 <= row["input_tokens"] + row["output_tokens"] < 6000
        assert row["estimated"] == row["calls"]


def test_a_database_without_accounts(tmp_path: Path) -> None:
    done = pitcrew("usage", env=environment(tmp_path))
    assert (done.returncode, done.stdout) == (0, "")
    assert "Nothing was asked" in done.stderr


@pytest.mark.parametrize("options", [("--days", "0"), ("--by", "colour"), ("--days", "many")])
def test_wrong_options(tmp_path: Path, options: tuple[str, ...]) -> None:
    assert pitcrew("usage", *options, env=environment(tmp_path)).returncode == 2


def test_prices_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    done = pitcrew("usage", env=environment(tmp_path, PITCREW_PRICES="openai:a=cheap"))
    assert done.returncode == 3
    assert done.stderr.startswith("pitcrew: PITCREW_PRICES: openai:a needs three prices")
