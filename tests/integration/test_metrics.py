"""The figures for monitoring, and who may see them."""

import asyncio
import re
from pathlib import Path

from tests.conversing import talking
from tests.serving import SECRET, Served, serving


def figure(text: str, name: str) -> float:
    found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
    assert found, name
    return float(found[1])


async def test_figures_follow_what_happens(server: Served) -> None:
    def read(name: str) -> float:
        status, body, _ = server.get("/metrics")
        assert status == 200
        return figure(body.decode(), name)

    before = read("pitcrew_sockets")
    async with talking(server.chat, server.token("metrics")), talking(server.chat, server.token("metrics")):
        assert read("pitcrew_sockets") == before + 2
        assert read("pitcrew_runs") == 0
        assert read("pitcrew_tasks") > 2
        assert read("process_resident_memory_bytes") > 50e6
        assert read("process_open_fds") > 10
        async with asyncio.timeout(10):
            while not read("pitcrew_event_loop_lag_seconds_count"):
                await asyncio.sleep(0.1)


def test_in_production_they_are_for_staff(data: Path) -> None:
    with serving(data, PITCREW_ENV="production", PITCREW_RATE_LIMITS="on", PITCREW_JWT_SECRET=SECRET) as production:
        for token, expected in (
            (None, 401),
            (production.token("anna"), 403),
            (production.token("sam", role="staff"), 200),
            (production.token("ada", role="admin"), 200),
        ):
            status, _, _ = production.get("/metrics", token)
            assert status == expected
