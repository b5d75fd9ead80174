from agents.routing import human_requests, out_of_scope
from agents.specialist import CUSTOMER, STAFF, open_to
from agents.specialists import catalogue


def test_the_catalogue_is_found_in_order_of_name() -> None:
    names = [specialist.name for specialist in catalogue()]
    assert names == sorted(names)
    assert {"maintenance", "specs", "troubleshooting"} <= set(names)
    assert catalogue() == catalogue()


def test_every_specialist_is_complete() -> None:
    for specialist in catalogue():
        assert specialist.label
        assert specialist.description
        assert STAFF in specialist.audience
    for specialist in open_to(catalogue(), CUSTOMER):
        assert "[n]" in specialist.instructions
        assert specialist.knowledge[0] == specialist.name
        assert {"handbook", "company", ""} <= set(specialist.knowledge)
        assert 20 <= len(specialist.utterances) <= 800


def test_customers_are_not_led_to_figures_and_tables_unless_by_their_wires() -> None:
    def names(*asked: str) -> set[str]:
        return {one.name for one in open_to(catalogue(), *asked)}

    assert names("staff") - names(CUSTOMER) == {"analyst", "explorer"}
    assert names(CUSTOMER, "analysis") - names(CUSTOMER) == {"analyst"}
    assert names(CUSTOMER, "explorer") - names(CUSTOMER) == {"explorer"}


def test_no_example_is_given_twice() -> None:
    examples = [text.casefold() for one in catalogue() for text in (*one.utterances, *one.topics, *one.beyond)]
    examples += [text.casefold() for text in (*out_of_scope.UTTERANCES, *human_requests.UTTERANCES)]
    assert len(examples) == len(set(examples))
    assert len(out_of_scope.UTTERANCES) >= 200
    assert len(human_requests.UTTERANCES) >= 40
