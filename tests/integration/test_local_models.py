"""Models on this machine, which want no key, against the real server: those that call no tools, and being found."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conversing import talking, text_of
from tests.model_server.running import Control, running_model_server
from tests.serving import Served, duplicate, environment, pitcrew, serving

WASH = "May I take the Wren through a car wash?"


@pytest.fixture(scope="module")
def ollama() -> Iterator[Control]:
    with running_model_server() as control:
        yield control


@pytest.fixture(scope="module")
def served(ingested: Path, ollama: Control, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    own = duplicate(ingested, tmp_path_factory.mktemp("local") / "data")
    settings = {"OLLAMA_BASE_URL": ollama.base_url, "PITCREW_MODELS": "ollama:fault-tools"}
    with serving(own, **settings) as running:
        yield running


def findings(*arguments: str, data: Path, **settings: str) -> list[dict[str, Any]]:
    done = pitcrew("doctor", "--json", *arguments, env=environment(data, **settings))
    return [json.loads(line) for line in done.stdout.splitlines()]


async def test_a_model_without_tools_answers_and_is_asked_for_them_once(served: Served, ollama: Control) -> None:
    async with talking(served.chat, served.token("toolless")) as talk:
        for question in (WASH, "How do I look after leather seats?"):
            frames = await talk.ask(question)
            assert frames[-1]["type"] == "complete"
            assert frames[-1]["metadata"]["answerer"] == "ollama:fault-tools"
            assert text_of(frames)
    answers = [asked for asked in ollama.requests() if "response_format" not in asked]
    offered = [asked for asked in answers if asked.get("tools")]
    assert len(offered) == 1, "the start has found out, and nobody else has to"
    assert offered[0]["max_tokens"] == 1
    assert "does not support tools" not in served.printed()


async def test_skills_do_the_tools_work(served: Served) -> None:
    async with talking(served.chat, served.token("skilled")) as talk:
        frames = await talk.ask("Book a service for my Wren, please")
    assert frames[-1]["type"] in {"complete", "input_required"}
    assert frames[-1].get("metadata", {}).get("answerer", "skills") == "skills"


async def test_a_first_question_that_comes_too_early_is_answered_too(
    ingested: Path, ollama: Control, tmp_path: Path
) -> None:
    settings = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": ollama.base_url, "PITCREW_MODELS": "openai:fault-tools"}
    with serving(duplicate(ingested, tmp_path / "data"), **settings) as served:
        async with talking(served.chat, served.token()) as talk:
            frames = await talk.ask(WASH)
            assert (frames[-1]["type"], frames[-1]["metadata"]["context"]["citations"] != []) == ("complete", True)


async def test_calls_written_as_text_are_never_shown(ingested: Path, ollama: Control, tmp_path: Path) -> None:
    settings = {"PITCREW_LOCAL_BASE_URL": ollama.base_url, "PITCREW_MODELS": "local:scripted"}
    with serving(duplicate(ingested, tmp_path / "data"), **settings) as served:
        ollama.wait_until(open=0)
        ollama.script(always={"kind": "written", "payload": "Let me see.\n\n"})
        async with talking(served.chat, served.token()) as talk:
            for _ in range(3):
                frames = await talk.ask(WASH)
                assert frames[-1]["type"] == "complete"
                assert "{" not in text_of(frames)
        ollama.reset()


def test_doctor_finds_a_server_that_nobody_uses(ingested: Path, ollama: Control) -> None:
    found = findings(data=ingested, PITCREW_MODEL_SERVERS=f"http://127.0.0.1:1/v1,{ollama.base_url}")
    (server,) = [line for line in found if line["part"] == "servers"]
    assert server["state"] == "ok"
    assert "scripted" in server["message"]
    assert f"PITCREW_MODELS=local:scripted and PITCREW_LOCAL_BASE_URL={ollama.base_url}" in server["fix"]
    assert "servers" not in {line["part"] for line in findings(data=ingested)}


@pytest.mark.parametrize(
    ("model", "port", "state", "said"),
    [
        ("scripted", None, "ok", "answers"),
        ("gemma3", None, "fail", "the server has scripted"),
        ("scripted", 1, "fail", "no model server answers"),
    ],
)
def test_doctor_checks_the_server_that_is_used(
    ingested: Path, ollama: Control, model: str, port: int | None, state: str, said: str
) -> None:
    address = f"http://127.0.0.1:{port}/v1" if port else ollama.base_url
    settings = {"PITCREW_MODELS": f"ollama:{model}", "OLLAMA_BASE_URL": address, "PITCREW_MODEL_SERVERS": address}
    (line,) = [line for line in findings(data=ingested, **settings) if line["part"] in {"models", "servers"}]
    assert (line["state"], said in line["message"]) == (state, True)


def test_the_start_says_that_one_is_there_and_asks_it_nothing(ingested: Path, ollama: Control, tmp_path: Path) -> None:
    ollama.reset()
    with serving(duplicate(ingested, tmp_path / "data"), PITCREW_MODEL_SERVERS=ollama.base_url) as served:
        assert served.prints(f"Or use the model server at {ollama.base_url}, by the line PITCREW_MODELS=local:scripted")
    assert ollama.stats()["requests"] == 0
