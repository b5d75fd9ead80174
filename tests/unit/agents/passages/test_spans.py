import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.passages.spans import Cell, plain, spans
from tests.unit.agents.manual import chunk


def texts(text: str, **known: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(span.kind, span.text) for span in spans(chunk(text, **known), 0)]  # type: ignore[arg-type]


def test_sentences_end_at_their_marks_and_not_at_abbreviations_or_decimals() -> None:
    assert texts("It holds 4.6 litres, e.g. SP-6. Check it **cold**. Done?") == [
        ("sentence", "It holds 4.6 litres, e.g. SP-6."),
        ("sentence", "Check it cold."),
        ("sentence", "Done?"),
    ]


def test_a_sentence_runs_over_wrapped_lines() -> None:
    assert texts("The tank\nholds 5 litres.\n\nNext.") == [
        ("sentence", "The tank holds 5 litres."),
        ("sentence", "Next."),
    ]


def test_steps_and_items_are_spans_of_one_list_with_the_line_that_leads_them_in() -> None:
    found = spans(chunk("Do this:\n\n1. Stop.\n2. Wait\n   a minute.\n\n- Other"), 0)
    steps = [span for span in found if span.kind == "step"]
    assert [(span.mark, span.text, span.lead) for span in steps] == [
        ("1.", "Stop.", "Do this:"),
        ("2.", "Wait a minute.", "Do this:"),
    ]
    assert steps[0].block == steps[1].block
    assert [span.kind for span in found] == ["sentence", "step", "step", "item"]


def test_a_table_gives_its_rows_under_their_columns() -> None:
    (row,) = spans(chunk("| Item | Quantity | Unit |\n|---|---|---|\n| Oil | 4.6 | litres |"), 0)
    assert row.kind == "row"
    assert row.cells == (Cell("Item", "Oil"), Cell("Quantity", "4.6 litres"))


def test_rows_without_their_header_line_use_the_chunks() -> None:
    (row,) = spans(chunk("| Oil | 4.6 litres |", header=("Item", "Amount")), 0)
    assert row.cells == (Cell("Item", "Oil"), Cell("Amount", "4.6 litres"))


def test_a_table_without_a_rule_has_its_header_in_the_first_line() -> None:
    (row,) = spans(chunk("| Town | Street |\n| Oxmere | 5 Station Street |"), 0)
    assert row.cells == (Cell("Town", "Oxmere"), Cell("Street", "5 Station Street"))


def test_a_line_of_labelled_values_is_a_row() -> None:
    (row,) = spans(chunk("Model: Teal | Oil: 4.6 | Unit: litres"), 0)
    assert row.cells == (Cell("Model", "Teal"), Cell("Oil", "4.6 litres"))


def test_a_heading_is_no_evidence() -> None:
    assert texts("#### Safety\nStop at once.") == [("sentence", "Stop at once.")]


@pytest.mark.parametrize(
    ("marked", "bare"),
    [
        ("**2.4 bar**", "2.4 bar"),
        ("see [the guide](a.md)", "see the guide"),
        ("`P0301`", "P0301"),
        ("snake_case", "snake_case"),
    ],
)
def test_markup_is_taken_out(marked: str, bare: str) -> None:
    assert plain(marked) == bare


@given(st.text(alphabet="ab.|-*1 \n#:", max_size=200), st.integers(0, 50))
def test_every_span_lies_in_its_chunk_and_says_what_stands_there(text: str, start: int) -> None:
    piece = chunk(text, start=start)
    for span in spans(piece, 0):
        assert piece.start <= span.start < span.end <= piece.end
        if span.kind == "sentence":
            assert span.text == plain(text[span.start - start : span.end - start])
