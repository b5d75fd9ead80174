"""What tokens cost, by the model's label. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from types import MappingProxyType

from agents.types import Usage

DEAREST = Decimal(100_000)
"""For a million tokens; more is a slip of the keyboard."""


@dataclass(frozen=True, slots=True)
class Price:
    """In the currency for a million tokens, which is also its millionth for one token. `cached`: for tokens of the
    input that the provider had ready."""

    input: Decimal
    cached: Decimal
    output: Decimal

    def micros(self, usage: Usage) -> int:
        """The cost in millionths of the currency, rounded half up."""
        cached = min(usage.cached_tokens, usage.input_tokens)
        cost = (usage.input_tokens - cached) * self.input + cached * self.cached + usage.output_tokens * self.output
        return int(cost.to_integral_value(ROUND_HALF_UP))


Prices = Mapping[str, Price]
"""By the model's label, `provider:name`."""


def micros(prices: Prices, label: str, usage: Usage) -> int | None:
    """The cost in millionths of the currency; None where the model has no price and its tokens are not free."""
    if not usage.input_tokens and not usage.output_tokens:
        return 0
    price = prices.get(label)
    return price.micros(usage) if price else None


def parse_prices(text: str) -> Prices:
    """Prices from `provider:model=input/cached/output` for a million tokens, comma-separated. Raises ValueError."""
    prices: dict[str, Price] = {}
    for price_text in filter(None, (part.strip() for part in text.split(","))):
        label, equals, figures = (piece.strip() for piece in price_text.rpartition("="))
        provider, colon, name = label.partition(":")
        if not (equals and colon and provider and name):
            raise ValueError(f"{price_text!r} should read provider:model=input/cached/output")
        if label in prices:
            raise ValueError(f"{label} has two prices")
        prices[label] = _price(label, figures)
    return MappingProxyType(prices)


def _price(label: str, figures: str) -> Price:
    parts = figures.split("/")
    if len(parts) != 3:
        raise ValueError(f"{label} needs three prices, input/cached/output, for a million tokens; found {figures!r}")
    return Price(*(_amount(label, part) for part in parts))


def _amount(label: str, text: str) -> Decimal:
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"{text!r} in the price of {label} is not a number") from None
    if not (amount.is_finite() and 0 <= amount <= DEAREST):
        raise ValueError(f"{text!r} in the price of {label} is not between 0 and {DEAREST}")
    return amount
