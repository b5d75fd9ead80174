from agents.passages.statements import Statement, statements
from agents.vehicles.applicability import Fitment
from rag.types import Passage
from tests.unit.agents.manual import VEHICLES, chunk

FITMENT = Fitment(VEHICLES)


def stated(text: str, *, title: str = "Manual", section: tuple[str, ...] = ()) -> tuple[Statement, ...]:
    return statements((Passage(chunk(text, title=title, section=section), 0.5),), FITMENT)


def cars(statement: Statement) -> str:
    return FITMENT.name(statement.cars)


def test_a_row_with_cars_in_its_columns_says_one_thing_about_each() -> None:
    found = stated(
        "| | Teal 40 | Teal 60, 2026 |\n|---|---|---|\n| Power | 80 kW | same |\n| Hook | - | yes |", title="Teal"
    )
    assert [(cars(statement), statement.label, statement.parts[0].value) for statement in found] == [
        ("Teal 40", "Power", "80 kW"),
        ("Teal 60 (2026)", "Power", "80 kW"),
        ("Teal 60 (2026)", "Hook", "yes"),
    ]


def test_a_row_with_cars_in_its_cells_is_about_them() -> None:
    (row,) = stated("Model: Teal | Variant: Teal 60 | Year: 2025 | Item: oil | Quantity: 1.1 | Unit: litres")
    assert cars(row) == "Teal 60 (2025)"
    assert row.label == "oil"
    assert [(part.column, part.value) for part in row.parts] == [("Quantity", "1.1 litres")]


def test_headings_say_which_cars_the_text_below_is_about() -> None:
    first, second = stated("It has 80 kW. The Teal 60 has more.", title="Skelby Teal", section=("Motor",))
    assert cars(first) == "Teal"
    assert cars(second) == "Teal 60"
    assert (first.near, first.far) == ("Motor", "Skelby Teal")


def test_a_list_is_a_statement_of_its_own() -> None:
    *steps, whole = stated("Do this:\n\n1. Stop.\n2. Wait.")[1:]
    assert [step.text for step in steps] == ["Stop.", "Wait."]
    assert whole.span.kind == "list"
    assert whole.evidence == tuple(step.span for step in steps)


def test_steps_go_on_in_the_next_passage_of_the_section() -> None:
    parts = (chunk("1. Stop.\n2. Wait.", start=0), chunk("3. Go on.\n4. Rest.", start=50), chunk("1. Other.", start=90))
    found = statements(tuple(Passage(part, 0.5) for part in parts), FITMENT)
    (whole,) = [statement for statement in found if statement.span.kind == "list"]
    assert [span.text for span in whole.items] == ["Stop.", "Wait.", "Go on.", "Rest."]


def test_the_same_stretch_is_stated_once() -> None:
    passage = Passage(chunk("It has 80 kW."), 0.5)
    assert len(statements((passage, passage), FITMENT)) == 1


def test_other_words_for_what_a_row_is_about_are_found_and_not_told() -> None:
    (row,) = stated("Symptom: screen is black | Also called: display dead; radio gone | What to do: hold the button")
    assert "display dead" in row.text
    assert row.told == "screen is black: What to do hold the button"
    (plain,) = stated("Item: oil | Quantity: 4 litres")
    assert plain.told == plain.text
