"""The classifier over an embedder that a test can reason about: hashed words and their beginnings."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from agents.language.words import words
from agents.learning.teacher import Teacher
from agents.routing import headings
from agents.routing.classifier import Classifier
from agents.specialist import CUSTOMER, Catalogue, Specialist, open_to
from agents.specialists import catalogue
from agents.types import Question, StandaloneQuestion, Turn
from agents.vehicles.range import Vehicles
from rag.embedder import Vectors
from rag.types import Chunk

VEHICLES = Vehicles.parse(
    "model,variant,years,powertrain,fuel,aliases\n"
    "Wren,Wren 58,2026,electric,electricity,\nHeron,Heron 1.5T,2026,petrol,petrol,\nOsprey,Osprey,2026,diesel,diesel,\n"
)

CATALOGUE = open_to(catalogue(), CUSTOMER)
"""The specialists among which messages are routed."""


class HashedWords:
    """Texts that share words, or the first five letters of words, are alike."""

    name = "hashed-words"
    dimensions = 256

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.full((len(texts), self.dimensions), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in words(text):
                for piece in {word, word[:5]}:
                    vectors[row, int.from_bytes(hashlib.sha256(piece.encode()).digest()[:4]) % self.dimensions] += 1
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.taught(CATALOGUE, Teacher(HashedWords()), VEHICLES)


def specialists(classifier: Classifier, text: str, only: Catalogue | None = None) -> list[str]:
    return [part.specialist for part in classifier.classify(Question(text), only).parts]


def test_its_own_examples_are_routed_home(classifier: Classifier) -> None:
    for specialist in CATALOGUE:
        routes = [classifier.classify(Question(text)) for text in specialist.utterances]
        right = [r for r in routes if r.kind == "answer" and specialist.name in [part.specialist for part in r.parts]]
        assert len(right) >= 0.9 * len(routes)


def test_foreign_messages_are_refused_and_people_found(classifier: Classifier) -> None:
    assert classifier.classify(Question("Give me a recipe for pancakes")).kind == "out_of_scope"
    assert classifier.classify(Question("hello")).parts == ()
    assert classifier.classify(Question("let me speak to a real person please")).kind == "human"


@pytest.mark.parametrize(
    "text", ["", "???", "Сколько лошадиных сил?", "Wie hoch ist der Reifendruck?", "a" * 20_000, "\n"]
)
def test_no_text_breaks_it(classifier: Classifier, text: str) -> None:
    route = classifier.classify(Question(text))
    assert 0.0 <= route.confidence <= 1.0
    assert (route.kind in ("answer", "clarify")) == bool(route.parts)


def test_only_specialists_open_to_the_caller_are_chosen(classifier: Classifier) -> None:
    text = "How much horsepower does the engine make?"
    assert specialists(classifier, text) == ["specs"]
    without = tuple(s for s in CATALOGUE if s.name != "specs")
    assert "specs" not in specialists(classifier, text, without)
    alone = classifier.classify(Question(text), tuple(s for s in CATALOGUE if s.name == "maintenance"))
    assert [(part.specialist, part.confidence) for part in alone.parts] == [("maintenance", 1.0)]
    assert classifier.classify(Question(text), ()).kind == "out_of_scope"


def test_two_questions_go_to_two_specialists_and_share_the_vehicle(classifier: Classifier) -> None:
    route = classifier.classify(Question("How much horsepower does the Wren 58 make and when is the next service due?"))
    assert [part.specialist for part in route.parts] == ["specs", "maintenance"]
    assert [part.question.whole for part in route.parts] == [
        "How much horsepower does the Wren 58 make",
        "when is the next service due? (Wren 58)",
    ]


def test_a_bare_follow_up_stays_with_the_specialist_that_answered(classifier: Classifier) -> None:
    history = (Turn("customer", "When is the next service due?"), Turn("assistant", "In May. [1]", "maintenance"))
    route = classifier.classify(Question("how much?", history))
    assert route.kind == "answer"
    assert route.parts[0].specialist == "maintenance"
    assert route.parts[0].question.whole == "how much? (next service)"


def test_training_again_gives_the_same_routes(classifier: Classifier) -> None:
    again = Classifier.taught(CATALOGUE, Teacher(HashedWords()), VEHICLES)
    for text in ("what's the torque figure", "engine noise and when is it due", "tell me a joke"):
        assert again.classify(Question(text)) == classifier.classify(Question(text))


def named(name: str, *utterances: str) -> Specialist:
    return Specialist(name, name.title(), f"All about {name}.", utterances, (name,), "Cite [n].")


def test_any_catalogue_works_with_a_handful_of_examples() -> None:
    garden = (
        named("roses", "when do I prune roses", "my roses have black spots", "which roses climb"),
        named("lawn", "how short do I cut the lawn", "moss in the lawn", "which lawn seed for shade"),
    )
    classifier = Classifier.taught(garden, Teacher(HashedWords()))
    assert specialists(classifier, "black spots on roses") == ["roses"]
    assert specialists(classifier, "moss in my lawn") == ["lawn"]
    assert classifier.classify(Question("play some jazz")).kind == "out_of_scope"


def test_words_of_vehicles_say_nothing_to_a_catalogue_about_something_else() -> None:
    tea = Classifier.taught(
        (named("tea", "how long does green tea brew", "which tea has no caffeine"),), Teacher(HashedWords())
    )
    cars = Classifier.taught((named("cars", "my Honda rattles", "code P0420", "car rattles"),), Teacher(HashedWords()))
    assert cars.classify(Question("quokka P0301 zebra")).kind == "answer"
    assert tea.classify(Question("quokka P0301 zebra")).kind == "out_of_scope"


def test_what_comes_near_and_is_for_nobody_is_refused() -> None:
    said = ("how short do I cut the lawn", "moss in the lawn", "lawn seed for shade", "when to water the lawn")
    lawn = named("lawn", *said)
    bounded = replace(lawn, beyond=("play lawn tennis", "lawn tennis scores", "lawn tennis tickets"))
    asked = Question("lawn tennis results")
    assert Classifier.taught((lawn,), Teacher(HashedWords())).classify(asked).kind == "answer"
    assert Classifier.taught((bounded,), Teacher(HashedWords())).classify(asked).kind == "out_of_scope"


def test_one_specialist_and_one_example_are_enough_to_train() -> None:
    only = Classifier.taught((named("tea", "how long does green tea brew"),), Teacher(HashedWords()))
    assert specialists(only, "how long does green tea brew") == ["tea"]


def test_a_catalogue_without_examples_is_refused() -> None:
    with pytest.raises(ValueError, match="no example"):
        Classifier.taught((named("silent"),), Teacher(HashedWords()))


def test_a_message_that_goes_on_is_for_whoever_the_question_before_was_for(classifier: Classifier) -> None:
    history = (Turn("customer", "When is the next service due?"), Turn("assistant", "In May. [1]"))
    route = classifier.classify(Question("how much?", history))
    assert [part.specialist for part in route.parts] == ["maintenance"]


def test_a_misspelt_message_is_routed_like_the_right_one(classifier: Classifier) -> None:
    assert specialists(classifier, "cancel my servise bookingg") == ["maintenance"]


def test_the_knowledge_base_is_taken_in(classifier: Classifier) -> None:
    chunks = [
        Chunk(name, name, name, name, (section,), None, 0, 1, "Quokkaflange torsion")
        for name, section in (("specs", "Figures"), ("maintenance", "Quokkaflange"), ("troubleshooting", "Faults"))
    ]
    known = headings.learn(chunks, CATALOGUE, VEHICLES, Teacher(HashedWords()))
    taught = classifier.with_lessons(replace(classifier.lessons, knowledge=known))
    text = "car quokkaflange"
    assert dict(taught.ranked(text))["maintenance"] > dict(classifier.ranked(text))["maintenance"]


def test_two_questions_for_one_specialist_are_two_parts_with_labels_of_their_own(classifier: Classifier) -> None:
    route = classifier.classify(
        Question("How much horsepower does the Wren 58 make, and how big is the boot of the Heron?")
    )
    assert [(part.specialist, part.question.whole, part.label) for part in route.parts] == [
        ("specs", "How much horsepower does the Wren 58 make", "How much horsepower does the Wren 58 make?"),
        ("specs", "how big is the boot of the Heron?", "How big is the boot of the Heron?"),
    ]
    assert route.left_out == ()


def test_parts_stand_in_the_order_of_the_message_and_about_the_vehicle_named_last(classifier: Classifier) -> None:
    asked = "How much horsepower does the Wren 58 make, when is the next service due, and how big is the Heron's boot?"
    route = classifier.classify(Question(asked + " What is the towing capacity?"))
    assert [part.specialist for part in route.parts] == ["specs", "maintenance", "specs", "specs"]
    assert [part.question.whole for part in route.parts][1:] == [
        "when is the next service due (Wren 58)",
        "how big is the Heron's boot?",
        "What is the towing capacity? (Heron)",
    ]
    assert all(part.label for part in route.parts)


def test_what_belongs_together_is_one_part(classifier: Classifier) -> None:
    for text in (
        "How much horsepower does the engine make, and how much torque does the engine make?",
        "What is the towing capacity of the Heron? And how is it measured?",
    ):
        [part] = classifier.classify(Question(text)).parts
        assert (part.question.whole, part.label) == (text, "")


def test_more_than_four_questions_are_left_to_be_asked_again(classifier: Classifier) -> None:
    asked = [
        "How much horsepower does the Wren 58 make?",
        "How big is the boot of the Heron?",
        "What is the towing capacity of the Osprey?",
        "When is the next service due?",
        "What is the tyre pressure of the Heron?",
        "What is the wheelbase of the Wren 58?",
    ]
    route = classifier.classify(Question(" ".join(asked)))
    assert len(route.parts) == 4
    assert route.left_out == tuple(asked[4:])
    many = classifier.classify(Question(" ".join(asked * 200)))
    assert len(many.parts) == 4
    assert len(many.left_out) <= 9


def test_the_first_thing_asked_takes_up_the_conversation_and_all_are_about_the_vehicle(classifier: Classifier) -> None:
    text = "how much horsepower does it make (roughly), and when is the next service due?"
    message = StandaloneQuestion(text, subject="engine", vehicle="Wren 58", year="2026")
    route = classifier.classify(Question(text), whole=message)
    assert [part.question for part in route.parts] == [
        StandaloneQuestion("how much horsepower does it make (roughly)", "engine", "Wren 58", "2026"),
        StandaloneQuestion("when is the next service due?", vehicle="Wren 58", year="2026"),
    ]
    route = classifier.classify(Question(text, facts={"model": "Wren", "variant": "Wren 58", "year": "2026"}))
    assert {part.question.own_vehicle for part in route.parts} == {"Wren 58, 2026"}


def test_brackets_at_the_end_of_a_follow_up_are_text(classifier: Classifier) -> None:
    history = (Turn("customer", "When is the next service due?"), Turn("assistant", "In May. [1]", "maintenance"))
    [part] = classifier.classify(Question("how much (about)", history)).parts
    assert part.question == StandaloneQuestion("how much (about)", subject="next service")
    assert part.specialist == "maintenance"
