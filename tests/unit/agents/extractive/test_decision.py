from agents.extractive.decision import LEAST, answerable, features, speaks
from agents.extractive.scoring import Scored, rank
from agents.passages.statements import statements
from agents.vehicles.applicability import Fitment
from rag.types import Passage
from tests.unit.agents.manual import VEHICLES, WordEmbedder, chunk

FITMENT = Fitment(VEHICLES)
EMBEDDER = WordEmbedder()
TEXT = "The jack is under the floor of the boot. Tyre pressure is 2.4 bar."


def ranked(question: str, text: str = TEXT) -> list[Scored]:
    found = (Passage(chunk(text), 0.6),)
    stated = statements(found, FITMENT)

    def similarity(asked: str, texts: list[str]):  # type: ignore[no-untyped-def]
        return EMBEDDER.embed(texts) @ EMBEDDER.embed([asked])[0]

    return rank(question, stated, found, similarity, FITMENT.question, FITMENT.candidates(question, {}))  # type: ignore[arg-type]


def test_nothing_found_answers_nothing() -> None:
    assert answerable("Where is the jack?", ()) == 0.0


def test_a_question_in_the_documents_words_is_answerable() -> None:
    assert answerable("Where is the jack?", ranked("Where is the jack?")) >= LEAST


def test_a_question_for_something_else_is_not() -> None:
    assert answerable("Which chipset drives it?", ranked("Which chipset drives it?")) < LEAST


def test_the_better_statement_makes_it_likelier() -> None:
    question = "Where is the jack?"
    assert answerable(question, ranked(question)) > answerable(question, ranked(question, "The roof is made of steel."))


def test_features_are_bounded_however_long_the_question() -> None:
    long = "Where is the jack " * 100
    signs = features(long, ranked(long))
    assert 0.0 <= signs["spoken"] <= 1.0
    assert signs["length"] == 1.0


def test_a_code_that_the_documents_explain_makes_it_likelier() -> None:
    text = "P0301: misfire on cylinder 1."
    assert features("P0301", ranked("P0301", text))["named"] == 1.0
    assert features("P0302", ranked("P0302", text))["named"] == 0.0


def test_what_is_told_speaks_of_what_was_asked() -> None:
    row = "| Water tank | Weight |\n|---|---|\n| 1.8 litres | 9.1 kg |"
    assert speaks(ranked("How heavy is it, what weight?", row)[:1])
    assert not speaks(ranked("Does it have a timer?", row)[:1])
    assert not speaks(ranked("Can I run it on solar panels?", row)[:1])
    assert not speaks(
        ranked("How many litres does the water tank hold?", "| Water tank | x |\n|---|---|\n| yes | x |")[:1]
    )
    assert not speaks([])
