"""Figures and tables in the common chat: staff reach them by what they ask, customers do not."""

import pytest

from tests.conversing import talking
from tests.serving import Served

ASKED = {
    "how many incidents by severity": ("analyst", "critical"),
    "What is the average downtime of incidents per dealer?": ("analyst", "Read as: average downtime hours"),
    "Which dealers had the most incidents in 2025?": ("analyst", "incidents"),
    "What percentage of incidents was critical?": ("analyst", "%"),
    "Describe the service_orders table": ("explorer", "| `"),
    "How are the incidents and vehicles tables related?": ("explorer", "`incidents` and `vehicles` are related"),
    "Which tables refer to vehicles?": ("explorer", "`vehicles` is referred to by"),
}


@pytest.mark.parametrize(("question", "answer"), ASKED.items(), ids=list(ASKED))
async def test_staff_reach_them_and_customers_do_not(server: Served, question: str, answer: tuple[str, str]) -> None:
    agent, said = answer
    async with talking(server.chat, server.token("dana", role="staff")) as talk:
        complete = (await talk.ask(question))[-1]
        assert complete["metadata"]["agent"] == agent, complete
        assert said in complete["response"]
    async with talking(server.chat, server.token("erik")) as talk:
        complete = (await talk.ask(question))[-1]
        assert complete["type"] == "complete"
        assert complete["metadata"].get("agent") not in ("analyst", "explorer")
        assert "service_orders" not in complete["response"]
        assert "Read as:" not in complete["response"]
