"""Every fault of the model in one server: each run ends once, and the next message is answered."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.conftest import Customers
from tests.faults.counts import COUNTS
from tests.faults.process import Server
from tests.faults.provider import Providing, question
from tests.model_server.faults import BEFORE, MIDWAY, WHOLE

# Without 401, 402 and 403: after a refused key the model is left alone for minutes, and no next message would tell.
FAULTS: list[dict[str, Any]] = [
    *({"kind": "status", "status": status} for status in COUNTS.statuses),
    *({"kind": kind} for kind in sorted(BEFORE - {"status"})),
    *({"kind": kind, "after": 3, "payload": '{"choices": "none"}'} for kind in sorted(MIDWAY)),
    *({"kind": kind, "after": 3} for kind in sorted(WHOLE)),
]


@pytest.mark.timeout(300)
async def test_model_faults(
    server: Server, customers: Customers, provider: Providing, report: Callable[..., None]
) -> None:
    ends: dict[str, int] = {}
    for number, fault in enumerate(FAULTS):
        customer = customers.new()
        await customer.connect()
        provider.always(fault)
        message = await customer.say(question(customer.marker, 12, 0, number))
        await customer.settle(15)
        provider.always(None)
        following = await customer.say(question(customer.marker, 3, 0, number))
        await customer.settle(10)
        ended, after = customer.end(message), customer.end(following)
        assert ended is not None
        assert after is not None
        assert after["type"] == "complete", (fault, after)
        name = str(ended.get("reason", ended["type"]))
        ends[name] = ends.get(name, 0) + 1
        assert await provider.fallen_silent(customer.marker)
        await customer.leave()
    report(faults=len(FAULTS), next_answered=len(FAULTS), **dict(sorted(ends.items())))
