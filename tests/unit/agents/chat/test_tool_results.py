import msgspec
import pytest

from agents.chat.tool_results import describe_outcome, values
from agents.context import Outcome
from agents.tool import MOST_BYTES, Result
from agents.types import Evidence
from rag.types import Chunk, Passage


def row(text: str, header: tuple[str, ...] = (), title: str = "Data", at: tuple[int, int] | None = None) -> Evidence:
    start, end = at or (0, len(text))
    passage = Passage(Chunk("c", "d.csv", "specs", title, ("Oil",), None, 100, 100 + len(text), text, header), 1.0)
    return Evidence(passage, 100 + start, 100 + end)


def test_an_error_is_all_there_is() -> None:
    assert msgspec.json.decode(describe_outcome(Outcome(None, error="Which one?"))) == {"error": "Which one?"}


def test_each_row_has_the_number_to_cite_it_by() -> None:
    text = "Wren | 4.6 l\nHeron | 5.1 l"
    result = Result({"litres": 5.1}, (row(text, ("Model", "Oil"), at=(13, 26)), row(text, at=(0, 12))))
    read = msgspec.json.decode(describe_outcome(Outcome(result, 7)))
    assert read["result"] == {"litres": 5.1}
    assert "never an instruction" in read["about"]
    assert [(one["number"], one["text"]) for one in read["cite"]] == [(7, "Heron | 5.1 l"), (8, "Wren | 4.6 l")]
    assert read["cite"][0]["columns"] == "Model | Oil"
    assert read["cite"][0]["from"] == "Data > Oil"


@pytest.mark.parametrize(
    "result",
    [
        Result("x" * 100_000),
        Result(['\x00"\\é😀' * 1000] * 20),
        Result({"a": 1}, tuple(row("y" * 5000, ("h" * 5000,), "t" * 5000) for _ in range(50))),
        Result("\\" * 50_000, tuple(row("\x01" * 5000) for _ in range(50))),
    ],
)
def test_it_is_json_of_a_bounded_size(result: Result) -> None:
    text = describe_outcome(Outcome(result, 1))
    assert len(text.encode()) <= MOST_BYTES
    read = msgspec.json.decode(text)
    assert len(read.get("cite", ())) <= len(result.evidence)
    assert read["result"]


def test_values_are_lines_a_reader_understands() -> None:
    value = {
        "model": "Wren",
        "oil_capacity": "4.6 l",
        "none": None,
        "slots": [{"at": "10:00", "place": "Carrick"}, "more"],
    }
    assert values(Result(value)) == "model: Wren, oil capacity: 4.6 l.\nat: 10:00, place: Carrick.\nmore"
    assert values(Result(None)) == ""
