"""What other systems are told: the letter, its signature, and when it is tried again. Pure."""

import hashlib
import hmac
from datetime import timedelta
from typing import Any

import msgspec

SIGNATURE = "X-Pitcrew-Signature"
DELIVERY = "X-Pitcrew-Delivery"
ATTEMPTS = 12
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)


class Letter(msgspec.Struct, frozen=True):
    """That something happened `at` a time. Its `id` is the same however often it comes."""

    id: str
    event: str
    at: str
    data: dict[str, Any]


class Delivery(msgspec.Struct, frozen=True):
    """A letter on its way: `waiting` until `next_at`, `delivered` or `failed`."""

    delivery_id: str
    event: str
    state: str
    attempts: int
    next_at: str | None
    last_error: str | None
    created_at: str
    delivered_at: str | None


def sign(secret: str, at: int, body: str) -> str:
    """The signature of a body sent at `at` (Unix seconds): HMAC-SHA256 of `at.body`, as `t=…,v1=…`."""
    digest = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def wait_after(attempts: int) -> timedelta | None:
    """How long until the next try after so many; None where it is given up."""
    if attempts >= ATTEMPTS:
        return None
    doublings: int = 2 ** max(0, attempts - 1)
    return min(FIRST_WAIT * doublings, LONGEST_WAIT)
