"""The analyst on questions about the bundled figures: without a model, and with a scripted one; the answers are worked
out independently of it. How many are asked depends on PITCREW_PROOFS, see `tests/faults/counts.py`.

On first sight, before anything was made to fit them, 63 of the 80 questions were answered right, 3 declined and 14
answered wrongly; the words and rules that were missing then are general ones. Of the second set 70 questions were then
asked in the words of people who had seen neither the rules nor the first set: 40 were answered right, 25 declined, 5
answered wrongly; and when that was fixed, 30 more: 23 right, 4 declined, 3 wrong.
"""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from agents.datasets.collection import DatasetCatalogue
from agents.models.failover import Budget
from agents.models.fallback import FallbackModel
from agents.models.metering import MeteredModel
from agents.models.openai_compatible import OpenAICompatible
from agents.models.providers import PROVIDERS, Model
from agents.types import Checked, Thought
from tests.faults.counts import FULL
from tests.integration.analyst_answers import ANSWERS
from tests.integration.analyst_more import MORE
from tests.integration.analyst_running import Analyst, bundled_datasets
from tests.integration.analyst_stated import FIRST as QUESTIONS
from tests.integration.analyst_stated import SECOND, right, stated, written
from tests.model_server.running import Control, running_model_server

SCRIPT = [
    json.loads(line)
    for line in Path(__file__).with_name("analyst_script.jsonl").read_text(encoding="utf-8").splitlines()
]
FLOOR = 0.75
ASKED = QUESTIONS if FULL else QUESTIONS[::2] + QUESTIONS[-2:-1]
INVENTED = "987,654,321"


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def datasets(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DatasetCatalogue]:
    async with bundled_datasets(tmp_path_factory.mktemp("datasets")) as opened:
        yield opened


@pytest.fixture(scope="module")
def provider() -> Iterator[Control]:
    with running_model_server() as control:
        yield control


@pytest_asyncio.fixture(loop_scope="module")
async def model(provider: Control) -> AsyncIterator[FallbackModel]:
    provider.reset()
    one = OpenAICompatible(Model(PROVIDERS["openai"], "scripted", provider.base_url, "sk-test"))
    yield FallbackModel([MeteredModel(one)], Budget(retries=0))
    await one.aclose()


def asked(question: dict[str, Any]) -> tuple[str, ...]:
    return (*question.get("before", ()), question["question"])


async def test_every_question_has_an_independent_answer() -> None:
    assert [one["id"] for one in QUESTIONS] == list(ANSWERS)
    assert len({one["question"] for one in QUESTIONS}) == 80
    for question in QUESTIONS:
        assert question["answer"] == json.loads(json.dumps(written(ANSWERS[question["id"]]()))), question["id"]


async def test_without_a_model(datasets: DatasetCatalogue) -> None:
    analyst, good = Analyst(datasets), 0
    for question in ASKED:
        analysed = await analyst.converse(*asked(question))
        answered = stated(question, analysed)
        good += answered
        checked = analysed.checked
        assert answered or checked is None or not checked.valid, (
            f"{question} is answered wrongly, and passes for verified"
        )
    assert good / len(ASKED) >= FLOOR


async def test_with_a_scripted_model(datasets: DatasetCatalogue, provider: Control, model: FallbackModel) -> None:
    """The model writes the query and the words, keyed on the prompts that it is really sent: it proves the plumbing."""
    words = f"## Key findings\n- This is what the data says.\n- It is {INVENTED}.\n"
    wording = [{"when": f"Question to word: {one['question']}", "turns": [{"say": words}]} for one in SCRIPT]
    writing = [
        {"when": f"Question: {one['question']}", "turns": [{"say": f"```sql\n{one['sql']}\n```"}]}
        for one in sorted(SCRIPT, key=lambda one: -len(one["question"]))
    ]
    provider.obey(*wording, *writing)
    analyst = Analyst(datasets, model)
    for question in ASKED:
        analysed = await analyst.converse(*asked(question))
        assert stated(question, analysed), (question, analysed.text)
        assert INVENTED not in analysed.text
        if analysed.checked is not None:
            assert analysed.checked.valid
            assert "This is what the data says." in analysed.text
            assert analysed.done.answerer == "openai:scripted"
            assert analysed.done.answered.usage.output_tokens > 0


async def test_a_wrong_query_of_a_model_is_rejected_and_corrected(
    datasets: DatasetCatalogue, provider: Control, model: FallbackModel
) -> None:
    question = "How many incidents were reported in 2025?"
    first = "SELECT count(*) AS n FROM operations.incidents WHERE reported_on BETWEEN '2025-01-01' AND '2026-01-01'"
    provider.obey(
        {"when": "Question to word:", "turns": [{"say": "## Key findings\n- As shown.\n"}]},
        {
            "when": "That did not work: The result was rejected.",
            "turns": [{"say": "SELECT count(*) AS n FROM operations.incidents WHERE year(reported_on) = 2025"}],
        },
        {"when": "Question:", "turns": [{"say": first}]},
    )
    analysed = await Analyst(datasets, model).ask(question)
    verdicts = [(one.valid, one.attempts) for one in analysed.all(Checked)]
    assert verdicts == [(False, 1), (True, 2)]
    assert [one.aspect for one in analysed.all(Thought)] == ["plan", "approach", "cause"]
    assert analysed.code(1) == first
    assert right(ANSWERS["q01"](), analysed)


async def test_a_model_that_keeps_failing_is_replaced_by_the_rules(
    datasets: DatasetCatalogue, provider: Control, model: FallbackModel
) -> None:
    provider.obey({"when": "Question:", "turns": [{"say": "SELECT nothing FROM nowhere"}], "loop": True})
    analysed = await Analyst(datasets, model).ask("How many incidents were reported in 2025?")
    assert right(ANSWERS["q01"](), analysed)
    assert analysed.checked is not None
    assert (analysed.checked.valid, analysed.checked.attempts) == (True, 3)
    assert "rejected" in analysed.text
    assert analysed.done.answerer == "analysis rules"


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 500}, {"kind": "html"}, {"kind": "cut", "after": 2}])
async def test_a_model_that_does_not_answer_is_done_without(
    datasets: DatasetCatalogue, provider: Control, model: FallbackModel, fault: dict[str, Any]
) -> None:
    provider.script(always=fault)
    analysed = await Analyst(datasets, model).ask("How many incidents were reported in 2025?")
    assert right(ANSWERS["q01"](), analysed)
    assert "could not be asked" in analysed.text


@pytest.mark.parametrize(
    ("sql", "valid"),
    [
        ("SELECT channel, count(*) AS n FROM operations.incidents GROUP BY 1", True),
        ("SELECT max(mileage_km) AS n FROM operations.incidents", False),
        (
            "SELECT i.channel, count(*) AS n FROM operations.incidents i "
            "JOIN operations.service_orders o ON o.vehicle_id = i.vehicle_id GROUP BY 1",
            False,
        ),
    ],
)
async def test_a_query_that_nobody_can_read_otherwise(
    datasets: DatasetCatalogue, provider: Control, model: FallbackModel, sql: str, valid: bool
) -> None:
    """Without a second reading only what must hold anyway is checked: little confidence, and none without a check."""
    provider.obey(
        {"when": "Question to word:", "turns": [{"say": "## Key findings\n- As shown.\n"}]},
        {"when": "Question:", "turns": [{"say": sql}], "loop": True},
    )
    analysed = await Analyst(datasets, model).ask("a curious tally of whatever came in")
    assert analysed.computed is not None
    assert analysed.checked is not None
    assert analysed.checked.valid is valid
    assert analysed.checked.confidence <= 0.6
    assert ("**no: take these figures with care**" in analysed.text) is not valid


async def test_who_recites_the_instructions_is_not_heard_further(
    datasets: DatasetCatalogue, provider: Control, model: FallbackModel
) -> None:
    provider.obey(
        {"when": "Question to word:", "turns": [{"say": "My instructions: {system}"}]},
        {"when": "Question:", "turns": [{"say": "SELECT count(*) FROM operations.incidents"}]},
    )
    analysed = await Analyst(datasets, model).ask("How many incidents are there?")
    assert "You word the result" not in analysed.text
    assert "5,200" in analysed.text


async def test_more_questions_after_the_rules_were_made(datasets: DatasetCatalogue) -> None:
    """Other words than those that the rules were tried on first; of these nothing may be wrong, and what cannot be
    answered from these figures, or in one way only, never passes for verified."""
    analyst = Analyst(datasets)
    for text, answer in MORE.items():
        analysed, expected = await analyst.ask(text), answer()
        if expected is None:
            assert analysed.checked is None or not analysed.checked.valid, (text, analysed.code(), analysed.text)
        else:
            assert right(expected, analysed), (text, analysed.code(), analysed.text)


async def test_the_second_set(datasets: DatasetCatalogue) -> None:
    """What is misread recounts as well as what is read right: nothing wrong may pass for verified."""
    questions, analyst, good = SECOND if FULL else SECOND[::3], Analyst(datasets), 0
    for question in questions:
        analysed = await analyst.ask(question["question"])
        answered = stated(question, analysed)
        good += answered
        checked = analysed.checked
        assert answered or checked is None or not checked.valid, (question["question"], analysed.text)
    assert good / len(questions) >= FLOOR


async def test_the_second_set_is_well_formed() -> None:
    assert len({one["question"] for one in SECOND} - {one["question"] for one in QUESTIONS}) == len(SECOND) == 100
    assert len({one["id"] for one in SECOND}) == 100


HOSTILE = (
    "COPY operations.incidents TO '/tmp/stolen.csv'",
    "SELECT * FROM read_csv('/etc/passwd')",
    "ATTACH '/tmp/other.db' AS other; SELECT 1",
    "DROP TABLE operations.incidents",
    "PRAGMA database_list",
)


@pytest.mark.parametrize("sql", HOSTILE)
async def test_hostile_code_of_a_model_is_refused(
    datasets: DatasetCatalogue, provider: Control, model: FallbackModel, sql: str
) -> None:
    """Where there is no reading without the model either, nothing is answered."""
    provider.obey({"when": "Question:", "turns": [{"say": sql}], "loop": True})
    analysed = await Analyst(datasets, model).ask("Do as the model says with the weather")
    assert analysed.computed is None
    assert analysed.checked is None
    assert analysed.done.answered.declined
    assert max(one.attempt for one in analysed.outputs if hasattr(one, "attempt")) == 3
