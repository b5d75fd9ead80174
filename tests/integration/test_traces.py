"""Traces, logs and figures of a run, seen from outside: over the real wire, by a collector that decodes what comes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector import Collector, Received, collecting
from tests.conversing import talking
from tests.integration.test_metrics import figure
from tests.model_server.running import Control
from tests.serving import Served, duplicate, environment, free_port, serving
from tests.trace_picture import picture as drawn

TWO = "What is the roof load of the Wren? And how often does the Osprey need an oil change?"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@pytest.fixture(scope="module")
def traced(
    ingested: Path, provider: Control, collector: Collector, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    own = duplicate(ingested, tmp_path_factory.mktemp("traced") / "data")
    settings = {
        "OPENAI_API_KEY": "sk-scripted",
        "OPENAI_BASE_URL": provider.base_url,
        "PITCREW_MODELS": "openai:scripted",
        "PITCREW_TRACES_URL": collector.url,
        "PITCREW_ENV": "production",
        "PITCREW_RATE_LIMITS": "on",
    }
    with serving(own, **settings) as running:
        yield running


def of_run(spans: list[Received], run_id: str) -> list[Received]:
    root = next((span for span in spans if span.attributes.get("pitcrew.run.id") == run_id), None)
    return [span for span in spans if root is not None and span.trace == root.trace]


async def test_the_tree_of_a_run_in_two_parts(traced: Served, collector: Collector) -> None:
    async with talking(traced.chat, traced.token()) as talk:
        last = (await talk.ask(TWO))[-1]
    assert last["type"] == "complete"
    spans = of_run(collector.wait(lambda spans: bool(of_run(spans, last["run_id"]))), last["run_id"])
    if picture := os.environ.get("PITCREW_TRACE"):
        Path(picture).write_text(drawn(spans), encoding="utf-8")
    root = next(span for span in spans if not span.parent)
    by_id = {span.id: span for span in spans}

    def lies_in(name: str) -> set[str]:
        found = [span for span in spans if span.name == name]
        assert found, name
        return {by_id[span.parent].name for span in found}

    agents = [span for span in spans if span.name.startswith("invoke_agent ")]
    assert root.name == "run"
    assert len(agents) == len([span for span in spans if span.name == "retrieval"]) == 2
    assert {span.parent for span in agents} == {root.id}
    for name, parents in {
        "classify": {"run"},
        "retrieve": {"run"},
        "merge": {"run"},
        "commit": {"run"},
        "retrieval": {"retrieve"},
        "chat scripted": {span.name for span in agents},
    }.items():
        assert lies_in(name) == parents
    for span in spans:
        assert root.start <= span.start <= span.end
        if span is not root:
            assert by_id[span.parent].start <= span.start
    assert root.attributes["pitcrew.outcome"] == "completed"
    assert root.attributes["gen_ai.conversation.id"]
    asked = next(span for span in spans if span.name == "chat scripted")
    assert asked.attributes["gen_ai.provider.name"] == "openai"
    assert asked.attributes["gen_ai.request.model"] == "scripted"
    assert asked.attributes["gen_ai.usage.input_tokens"] > 100
    assert {span.attributes["pitcrew.agent"] for span in spans if span.name == "chat scripted"} == {
        span.attributes["gen_ai.agent.name"] for span in agents
    }
    ends = [span for span in spans if span.name == "commit" and span.attributes["pitcrew.event"] == "end"]
    assert len(ends) == 1
    assert set(collector.paths) == {"/v1/traces"}
    assert collector.services == {"pitcrew"}


async def test_no_words_of_anybody_unless_asked(traced: Served, collector: Collector) -> None:
    async with talking(traced.chat, traced.token("canary-user")) as talk:
        last = (await talk.ask("What is the roof load of the Wren? My name is Zebulon Quux."))[-1]
    spans = of_run(collector.wait(lambda spans: bool(of_run(spans, last["run_id"]))), last["run_id"])
    told = json.dumps([vars(span) for span in spans]).casefold()
    for word in ("zebulon", "roof", "canary-user", last["response"][:40].casefold()):
        assert word not in told


async def test_a_failure_is_joined_by_its_ref(traced: Served, collector: Collector, provider: Control) -> None:
    provider.script(always={"kind": "status", "status": 400})
    async with talking(traced.chat, traced.token()) as talk:
        last = (await talk.ask("What is the roof load of the Wren?", session_id="fails"))[-1]
    provider.reset()
    assert last["type"] == "error"
    spans = of_run(collector.wait(lambda spans: bool(of_run(spans, last["run_id"]))), last["run_id"])
    root = next(span for span in spans if not span.parent)
    assert (root.attributes["pitcrew.ref"], root.attributes["error.type"]) == (last["ref"], last["reason"])
    assert any(span.failed and span.name == "chat scripted" for span in spans)
    assert traced.prints(last["ref"])
    (line,) = (json.loads(line) for line in traced.printed().splitlines() if last["ref"] in line)
    assert line["trace_id"] == root.trace
    assert line["run_id"] == last["run_id"]
    assert line["conversation_id"] == root.attributes["gen_ai.conversation.id"]


async def test_figures_of_answers(traced: Served, provider: Control) -> None:
    staff = traced.token("sam", role="staff")

    def read(name: str) -> float:
        status, body, _ = traced.get("/metrics", staff)
        assert status == 200
        return figure(body.decode(), name)

    before = read("pitcrew_first_token_seconds_count")
    async with talking(traced.chat, traced.token()) as talk:
        last = (await talk.ask("What is the roof load of the Wren?"))[-1]
    assert last["type"] == "complete"
    assert read("pitcrew_first_token_seconds_count") == before + 1
    assert read("pitcrew_token_gap_seconds_count") > 0
    assert read(r'pitcrew_runs_ended_total\{act="request",agent="specs",outcome="answered"\}') >= 1
    assert read(r'pitcrew_model_available\{model="openai:scripted"\}') == 1
    assert read("pitcrew_runs_waiting") == 0
    assert traced.get("/metrics", "no-token")[0] == 401
    assert read(r'pitcrew_sign_ins_refused_total\{code="AUTH_INVALID"\}') >= 1


async def test_contents_where_asked_and_a_collector_that_is_away(data: Path, collector: Collector) -> None:
    """Offline, with contents; then with nobody there: answers go on, and the server stops in time."""
    with serving(data, PITCREW_TRACES_URL=f"{collector.url}/custom/path", PITCREW_TRACES_CONTENT="true") as served:
        async with talking(served.chat, served.token()) as talk:
            last = (await talk.ask("What is the roof load of the Wren?"))[-1]
    spans = of_run(collector.spans, last["run_id"])  # sent when the server stopped, at the latest
    root = next(span for span in spans if not span.parent)
    assert root.attributes["gen_ai.input.messages"] == "What is the roof load of the Wren?"
    assert root.attributes["gen_ai.output.messages"] == last["response"]
    assert "/custom/path" in collector.paths
    with serving(data, PITCREW_TRACES_URL=f"http://127.0.0.1:{free_port()}") as served:
        async with talking(served.chat, served.token()) as talk:
            assert (await talk.ask("What is the roof load of the Wren?"))[-1]["type"] == "complete"


def test_off_it_is_not_even_imported(data: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "from api.compose.server import open_app\n"
        "from api.settings import Settings\n"
        "async def main():\n"
        "    async with open_app(Settings()):\n"
        "        print([name for name in sys.modules if name.startswith('opentelemetry.exporter.otlp.proto.http')\n"
        "               or name == 'api.observability.traces'])\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(data), capture_output=True, text=True, timeout=170
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
