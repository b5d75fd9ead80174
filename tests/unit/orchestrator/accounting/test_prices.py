"""Prices: read from text, and what tokens cost by them."""

import re
from decimal import Decimal

import pytest

from agents.types import Usage
from orchestrator.accounting.prices import Price, micros, parse_prices

TABLE = "openai:gpt-5-mini=0.25/0.025/2.00, openrouter:openai/gpt-5-mini = 0.25 / 0.025 / 2.00 ,deepseek:chat=0/0/1"


def test_a_table_is_read() -> None:
    prices = parse_prices(TABLE)
    assert prices["openai:gpt-5-mini"] == Price(Decimal("0.25"), Decimal("0.025"), Decimal("2.00"))
    assert set(prices) == {"openai:gpt-5-mini", "openrouter:openai/gpt-5-mini", "deepseek:chat"}


@pytest.mark.parametrize("text", ["", " ", ",", " , ,"])
def test_no_prices(text: str) -> None:
    assert parse_prices(text) == {}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("gpt-5-mini=1/1/1", "gpt-5-mini=1/1/1"),
        ("openai:=1/1/1", "provider:model"),
        ("openai:a", "openai:a"),
        ("openai:a=1/2", "three prices"),
        ("openai:a=1/2/3/4", "three prices"),
        ("openai:a=1/x/3", "'x'"),
        ("openai:a=1//3", "''"),
        ("openai:a=1/-1/3", "'-1'"),
        ("openai:a=nan/1/1", "'nan'"),
        ("openai:a=1/inf/1", "'inf'"),
        ("openai:a=1/1e30/1", "'1e30'"),
        ("openai:a=1/1/1,openai:a=2/2/2", "two prices"),
        ("=/=/:=", "provider:model"),
    ],
)
def test_what_is_wrong_is_named(text: str, names: str) -> None:
    with pytest.raises(ValueError, match=re.escape(names)):
        parse_prices(text)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (Usage(1_000_000, 0), 250_000),
        (Usage(0, 1_000_000), 2_000_000),
        (Usage(1_000_000, 0, "", 1_000_000), 25_000),
        (Usage(1000, 100, "", 400), 150 + 10 + 200),
        (Usage(1, 0), 0),
        (Usage(2, 0), 1),
        (Usage(10, 1, "", 99), 2),
    ],
    ids=["input", "output", "cached", "mixed", "a quarter", "a half is rounded up", "no more cached than sent"],
)
def test_a_million_tokens_cost_what_the_table_says(usage: Usage, expected: int) -> None:
    assert micros(parse_prices(TABLE), "openai:gpt-5-mini", usage) == expected


def test_an_unknown_price_is_not_free() -> None:
    assert micros({}, "openai:new", Usage(1, 0)) is None
    assert micros({}, "openai:new", Usage()) == 0
