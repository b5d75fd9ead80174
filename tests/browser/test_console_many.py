"""The console with 5,000 conversations: how soon it shows them, and how smoothly they are scrolled."""

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.console_window import SOON_MS, a_customer, open_console
from tests.serving import Served, duplicate, serving

MANY = 5_000
PAINT_MS = 3_000
"""Of the first rows after the page is asked for, on a machine with other things to do."""
SLOW_FRAME_MS = 250
ROW_PX = 84


@pytest.fixture(scope="module")
def busy(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with many conversations, copies of a real one under names of their own."""
    data = duplicate(ingested, tmp_path_factory.mktemp("many") / "data")
    with serving(data) as served:
        body = json.dumps({"message": "What is the roof load of the Plover?", "session_id": "first"}).encode()
        assert served.request("POST", "/api/v1/chat", served.token("copied", name="Anna"), body)[0] == 200
    with sqlite3.connect(data / "pitcrew.db") as connection:
        multiply(connection, MANY - 1)
    with serving(data) as served:
        yield served


def multiply(connection: sqlite3.Connection, times: int) -> None:
    """Copies the only conversation with what belongs to it, each a minute older than the one before."""
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
    own = {
        "conversations": {
            "id": "printf('copy-%05d', i)",
            "owner": "'customer-' || i",
            "customer_name": "'Customer ' || i",
            "updated_at": "strftime('%Y-%m-%dT%H:%M:%S.000Z', '2026-01-01', '-' || i || ' minutes')",
        },
        "messages": {"id": "i || '-' || seq", "conversation_id": "printf('copy-%05d', i)", "run_id": "'run-' || i"},
        "events": {"conversation_id": "printf('copy-%05d', i)", "run_id": "'run-' || i"},
    }
    for table, changed in own.items():
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        values = ", ".join(changed.get(column, f"t.{column}") for column in columns)
        only = "" if table == "conversations" else "WHERE t.conversation_id NOT LIKE 'copy-%'"
        copied = f"{numbers} SELECT {values} FROM n, (SELECT * FROM {table}) t {only}"
        connection.execute(f"INSERT INTO {table} ({', '.join(columns)}) {copied}", (times,))


FRAMES = """(by) => new Promise((resolve) => {
    const list = document.getElementById('list');
    const times = [];
    let last = performance.now();
    const step = (now) => {
        times.push(now - last);
        last = now;
        list.scrollTop += by;
        if (times.length < 120) requestAnimationFrame(step);
        else resolve(times.slice(1).sort((one, other) => one - other));
    };
    requestAnimationFrame(step);
})"""
"""Scrolls 120 frames; how long each took, in milliseconds, the shortest first."""


async def test_five_thousand(busy: Served) -> None:
    async with open_console(busy) as desk:
        page = desk.page
        began = time.perf_counter()
        await page.reload()
        await expect(desk.rows.first).to_be_visible(timeout=SOON_MS)
        rows_ms = (time.perf_counter() - began) * 1_000
        paint = await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        frames = await page.evaluate(FRAMES, ROW_PX)
        fast = await page.evaluate(FRAMES, 20 * ROW_PX)
        deadline = time.perf_counter() + 120
        while await page.evaluate("document.querySelector('.rows').offsetHeight") < MANY * ROW_PX:
            await page.evaluate("list => { list.scrollTop = list.scrollHeight; }", await desk.list.element_handle())
            await page.wait_for_timeout(30)
            assert time.perf_counter() < deadline, "the list never came to its end"
        all_rows = await page.evaluate(FRAMES, -20 * ROW_PX)
        nodes = await page.evaluate("document.querySelectorAll('.row').length")
        heap = await page.evaluate("performance.memory.usedJSHeapSize / 1e6")

        def told(name: str, times: list[float]) -> str:
            middle, most = times[len(times) // 2], times[len(times) * 95 // 100]
            return f"{name}: median {middle:.1f} ms, p95 {most:.1f}, worst {times[-1]:.1f}"

        print(f"\nfirst paint {paint:.0f} ms, rows {rows_ms:.0f} ms; {nodes} rows in the page, {heap:.1f} MB")
        for name, times in (("slowly", frames), ("fast", fast), ("5,000 loaded, fast", all_rows)):
            print(f"frame while scrolling {told(name, times)}")
        assert rows_ms < PAINT_MS
        assert nodes < 60
        for times in (frames, fast, all_rows):
            assert times[len(times) // 2] < 50, times
            assert times[len(times) * 95 // 100] < SLOW_FRAME_MS, times

        await desk.list.evaluate("list => { list.scrollTop = 0; }")
        await page.wait_for_timeout(200)
        async with a_customer(busy) as anna:
            await anna.ask("What is the roof load of the Wren?")
            await expect(desk.rows.first).to_contain_text(anna.name)
        began = time.perf_counter()
        await page.keyboard.press("f")
        await page.keyboard.type("Wren")
        await expect(desk.rows).to_have_count(1, timeout=SOON_MS)
        print(f"full-text search, from its first key: {(time.perf_counter() - began) * 1_000:.0f} ms")
