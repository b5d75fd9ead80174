"""The labelled questions: well formed, true to the documents, and unknown to the classifier's examples."""

import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agents.routing import human_requests, out_of_scope
from agents.specialists import catalogue

KNOWLEDGE = Path(__file__).parents[3] / "knowledge_base"
SETS = {"questions.jsonl": 200, "questions-second.jsonl": 100}
ROUTES = {one.name for one in catalogue()} | {"out_of_scope", "human"}
EXAMPLES = [text for one in catalogue() for text in (*one.utterances, *one.topics, *one.beyond)]
EXAMPLES += [*out_of_scope.UTTERANCES, *human_requests.UTTERANCES]
SHARED_WORDS = 7


def cases(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (KNOWLEDGE / name).read_text(encoding="utf-8").splitlines()]


def runs(text: str) -> set[tuple[str, ...]]:
    """Every run of SHARED_WORDS words; the whole text where it is shorter."""
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[n : n + SHARED_WORDS]) for n in range(max(1, len(words) - SHARED_WORDS + 1))}


@pytest.mark.parametrize(("name", "least"), SETS.items())
def test_sets_are_well_formed(name: str, least: int) -> None:
    found = cases(name)
    assert len(found) >= least
    assert [case for case, count in Counter(case["id"] for case in found).items() if count > 1] == []
    for case in found:
        assert case["text"].strip(), case["id"]
        assert set(case["routes"]) <= ROUTES, case["id"]
        assert all((KNOWLEDGE / document).is_file() for document in case.get("documents", [])), case["id"]
        assert bool(case.get("history")) == (case["kind"] == "follow_up"), case["id"]
        for one, next_one in pairwise(case.get("history", [])):
            assert one["role"] != next_one["role"], case["id"]


@pytest.mark.parametrize("name", SETS)
def test_strings_that_an_answer_must_contain_stand_in_a_document(name: str) -> None:
    for case in cases(name):
        texts = [KNOWLEDGE / document for document in case.get("documents", []) if not document.endswith(".pdf")]
        plain = " ".join(" ".join(path.read_text(encoding="utf-8") for path in texts).lower().split())
        missing = [string for string in case.get("contains", []) if string.lower() not in plain]
        printed = any(document.endswith(".pdf") for document in case.get("documents", []))
        assert printed or not missing, (case["id"], missing)


@pytest.mark.parametrize("name", SETS)
def test_examples_share_no_text_with_the_cases(name: str) -> None:
    asked = {run: case["id"] for case in cases(name) for run in runs(case["text"])}
    shared = {asked[run]: example for example in EXAMPLES for run in runs(example) if run in asked}
    assert shared == {}
