"""What a model or a document may say to the page's panes and pictures: nothing of it runs, loads or leaves."""

from playwright.async_api import expect

from tests.browser.chromium import open_page
from tests.browser.hostile import FOREIGN, HOSTILE, SAID, left_alone, watch
from tests.browser.tabs import open_tab
from tests.serving import Served

DIAGRAMS = {
    "loose": '%%{init: {"securityLevel": "loose", "htmlLabels": true, "flowchart": {"htmlLabels": true}}}%%\n'
    'flowchart LR\n  A["<img src=x onerror=parent.ran=1>"] --> B["<script>parent.ran=1</script>"]\n'
    '  click A "javascript:parent.ran=1"\n  click B call alert(1)',
    "er": 'erDiagram\n  "A <img src=x onerror=parent.ran=1>" ||--o{ B : "<script>parent.ran=1</script>"',
    "css": '%%{init: {"themeCSS": "*{background:url(https://evil.example/x)}"}}%%\nflowchart LR\n  A --> B',
    "image": 'flowchart LR\n  A@{ img: "https://evil.example/x.png", label: "x" }',
}
CHARTS = {
    "image": {"mark": {"type": "image", "url": "https://evil.example/x.png"}},
    "link": {"mark": {"type": "bar", "href": "javascript:parent.ran=1"}},
    "data": {"data": {"url": "https://evil.example/x.json"}, "mark": "bar"},
    "expression": {
        "mark": "point",
        "params": [{"name": "p", "expr": "[].constructor.constructor('parent.ran=1')()"}],
    },
    "text": {"mark": {"type": "text", "text": "<script>parent.ran=1</script>"}},
    "title": {"mark": "bar", "title": "<img src=x onerror=parent.ran=1>"},
}
VALUES = {
    "data": {"values": [{"a": "<img src=x onerror=parent.ran=1>", "b": 1}]},
    "encoding": {"x": {"field": "a"}, "y": {"field": "b"}},
}
DRAW = """async ([kind, content]) => {
    const { Picture } = await import('/ws/test/pictures.js');
    const place = document.createElement('div');
    document.body.append(place);
    return await new Picture(place, kind).show(content, 'hostile') || 'drawn';
}"""


async def test_what_an_analysis_says(server: Served) -> None:
    frames = [
        {"type": "start", "message": SAID},
        {"type": "progress", "stage": "analyst", "message": SAID},
        *({"type": kind, "content": SAID} for kind in ("chain_of_thought", "reasoning", "reflection")),
        {"type": "code_chunk", "chunk": SAID, "attempt": 1},
        {"type": "verification", "is_valid": True, "confidence": 0.5, "attempts": 1, "checks": HOSTILE},
        {
            "type": "data_ready",
            "data": {"code": SAID, "columns": HOSTILE, "result_preview": [dict.fromkeys(HOSTILE, SAID)], "total": 1},
        },
        {"type": "analysis_chunk", "chunk": SAID},
        {"type": "error", "message": SAID, "code": "<b>"},
    ]
    async with open_tab(server.http, "analysis") as (page, panel):
        strange = await watch(page, server)
        await page.evaluate(
            """async (frames) => {
                const { AnalysisView } = await import('/ws/test/analysis_view.js');
                const view = new AnalysisView((name) => document.querySelector(`#panel-analysis [data-part=${name}]`));
                view.begin(frames[0].message);
                for (const frame of frames) view.show(frame);
            }""",
            frames,
        )
        for name in ("text", "thoughts", "code", "table", "checks", "problem", "asked"):
            pane = panel.locator(f"[data-part={name}]")
            await expect(pane).to_contain_text("onerror='window.ran = 1'")
            assert await pane.locator(FOREIGN).count() == 0
        await left_alone(page)
        assert strange == []


async def test_long_text_of_every_mark_is_made_in_time(server: Served) -> None:
    """Markdown is read again with each piece that comes: it must not take longer than its length asks for."""
    marks = ["*", "**", "`", "```\n", "[", "[a](", "![", "|", "|-|\n", "# ", "- ", "> ", "1. ", "*a", "**a", "[a]("]
    async with open_page() as page:
        await page.goto(f"{server.http}/ws/test")
        slow = await page.evaluate(
            """async (marks) => {
                const { markdown } = await import('/ws/test/markdown.js');
                return marks.filter((mark) => {
                    const began = performance.now();
                    markdown(mark.repeat(100_000 / mark.length));
                    return performance.now() - began > 1_000;
                });
            }""",
            marks,
        )
        assert slow == []


async def test_hostile_pictures(server: Served) -> None:
    async with open_page() as page:
        strange = await watch(page, server)
        await page.goto(f"{server.http}/ws/test")
        for source in DIAGRAMS.values():
            await page.evaluate(DRAW, ["diagram", source])
        for specification in CHARTS.values():
            await page.evaluate(DRAW, ["chart", VALUES | specification])
        assert await page.evaluate("window.ran") is None
        assert strange == []
        assert await page.locator("body > div svg, body > div a").count() == 0
        assert await page.locator("body > div img").count() >= 4


async def test_the_frame_that_draws_can_reach_nothing(server: Served) -> None:
    async with open_page() as page:
        await page.goto(f"{server.http}/ws/test")
        assert await page.evaluate(DRAW, ["diagram", "flowchart LR\n  A --> B"]) == "drawn"
        frame = next(one for one in page.frames if one.url.endswith("/drawing"))
        assert await frame.evaluate("window.origin") == "null"
        for attempt in (
            "parent.document.title",
            "localStorage.length",
            "document.cookie",
            "fetch('/ws/test/token').then(answer => answer.text())",
            "open('/ws/test').document",
            """new Promise((opened, refused) => {
                const socket = new WebSocket(`ws://${location.host}/ws/chat`);
                socket.onopen = opened;
                socket.onerror = refused;
            })""",
        ):
            tried = f"(async () => {attempt})().then(() => 'reached', () => 'refused')"
            assert await frame.evaluate(tried) == "refused", attempt
        assert await page.evaluate(DRAW, ["diagram", "this is no diagram"]) != "drawn"
        assert await page.evaluate(DRAW, ["chart", {"mark": "nonsense"}]) != "drawn"
