"""The project's own dialogues, held by `pitcrew eval dialogues`: offline, and with a model whose every line is written.

The scripted model shows that prompts, tools, proposals and answers go together; it shows nothing of how well a real
model would choose. It answers only what its script expects to be sent, so a dialogue that passes was sent just that.
"""

import json
import os
import re
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.model_server.running import running_model_server
from tests.serving import KNOWLEDGE, duplicate, environment, pitcrew

FILE = KNOWLEDGE / "dialogues.toml"
OFFLINE = 0.85
"""The share of dialogues that have to go right without a model."""
FULL = os.environ.get("PITCREW_PROOFS") == "full"

Evaluate = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def evaluate(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Evaluate:
    """Run `pitcrew eval dialogues` on the whole knowledge base, in a process of its own."""
    data = duplicate(ingested, tmp_path_factory.mktemp("dialogues") / "data")

    def run(*arguments: object, **settings: str) -> "subprocess.CompletedProcess[str]":
        return pitcrew("eval", "dialogues", *map(str, arguments), env=environment(data, **settings))

    return run


@pytest.fixture(scope="module")
def dialogues() -> list[dict[str, Any]]:
    with FILE.open("rb") as file:
        return list(tomllib.load(file)["dialogue"])


@pytest.fixture(scope="module")
def chosen(dialogues: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file itself, or every third dialogue of it as JSON Lines."""
    if FULL:
        return FILE
    path = tmp_path_factory.mktemp("chosen") / "dialogues.jsonl"
    path.write_text("".join(json.dumps(one, default=str) + "\n" for one in dialogues[::3]))
    return path


def test_there_are_sixty_and_half_of_them_are_awkward(dialogues: list[dict[str, Any]]) -> None:
    kinds = [one.get("kind", "plain") for one in dialogues]
    assert (len(kinds), kinds.count("plain"), kinds.count("awkward")) == (60, 30, 30)
    assert all(2 <= len(one["turns"]) <= 8 for one in dialogues)


@pytest.mark.timeout(600)
def test_most_dialogues_go_right_offline(evaluate: Evaluate, chosen: Path) -> None:
    done = evaluate(chosen, "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["passed"] >= OFFLINE, figures["failed"]


@pytest.mark.timeout(600)
def test_all_go_right_with_a_model_that_keeps_to_its_script(
    evaluate: Evaluate, chosen: Path, dialogues: list[dict[str, Any]]
) -> None:
    with running_model_server() as control:
        control.play(dialogues)
        done = evaluate(
            chosen,
            "--with-model",
            "--json",
            PITCREW_MODELS="openai:scripted",
            OPENAI_API_KEY="key",
            OPENAI_BASE_URL=control.base_url,
        )
        assert done.returncode == 0, done.stderr
        assert control.unexpected() == []
        assert json.loads(done.stdout)["failed"] == []
        assert control.stats()["requests"] > 0


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.toml", "[[dialogue]\nid = 1", "is no TOML"),
        ("a.toml", "", "holds no dialogues. Write [[dialogue]] tables"),
        ("a.toml", 'dialogue = "x"', "write each dialogue as a [[dialogue]] table"),
        ("a.toml", "[[dialogue]]\nid = 'x'\nturns = []", "dialogue 1: there are no `turns`"),
        ("a.toml", "[[dialogue]]\nid = 'x'\nturns = [{ say = 'a' }]\n" * 2, "dialogue 2: the id x is there already"),
        ("a.jsonl", "{}", "line 1"),
        ("a.jsonl", "{", "line 1"),
        ("a.toml", "\udcff", "is no TOML"),
    ],
)
def test_a_file_that_holds_none_is_told_why(
    evaluate: Evaluate, tmp_path: Path, name: str, text: str, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode(errors="surrogateescape"))
    done = evaluate(path)
    assert done.returncode in (1, 2)
    assert re.search(re.escape(said), done.stderr), done.stderr
    assert "Traceback" not in done.stderr


def test_an_answer_to_nothing_fails_its_dialogue_and_no_other(evaluate: Evaluate, tmp_path: Path) -> None:
    path = tmp_path / "two.jsonl"
    answers = {"id": "answers", "turns": [{"say": "How heavy is the Plover?"}, {"answer": True}]}
    asks = {"id": "asks", "turns": [{"say": "How heavy is the Plover?", "contains": ["265 kg"], "route": ["specs"]}]}
    path.write_text(json.dumps(answers) + "\n" + json.dumps(asks))
    done = evaluate(path, "--failures")
    assert done.returncode == 0, done.stderr
    assert "failed: answers\n" in done.stdout
    assert "`answer` stands where nothing was asked" in done.stdout
