"""Conversations known again by what was said in them."""

from api.integrations.recall import after


def test_the_name_of_a_conversation() -> None:
    said = after(after("", "customer", "Hello"), "assistant", "Hi,\nhow can I help?")
    assert said == after(after("", "customer", " Hello "), "assistant", "Hi, how can I help?")
    assert said != after(after("", "customer", "Hello"), "customer", "Hi,\nhow can I help?")
    assert after("", "customer", "a\nassistant\nb") != after(after("", "customer", "a"), "assistant", "b")
    assert len(said) == 64
