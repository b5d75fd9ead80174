"""Conversations known again by what was said in them."""

from api.recall import Recall, after


def test_the_name_of_a_conversation() -> None:
    said = after(after("", "customer", "Hello"), "assistant", "Hi,\nhow can I help?")
    assert said == after(after("", "customer", " Hello "), "assistant", "Hi, how can I help?")
    assert said != after(after("", "customer", "Hello"), "customer", "Hi,\nhow can I help?")
    assert after("", "customer", "a\nassistant\nb") != after(after("", "customer", "a"), "assistant", "b")


def test_taken_up_once_and_by_its_owner() -> None:
    recall = Recall()
    recall.keep("anna", "x", "s")
    assert recall.take("bob", "x") is None
    assert recall.take("anna", "y") is None
    assert recall.take("anna", "x") == "s"
    assert recall.take("anna", "x") is None


def test_bounded() -> None:
    recall = Recall(most=3)
    for number in range(5):
        recall.keep("anna", str(number), str(number))
    assert len(recall) == 3
    assert recall.take("anna", "1") is None
    assert recall.take("anna", "2") == "2"
