"""Text that would like to be more than text, and what shows that it is not."""

from playwright.async_api import Page, Route

from tests.serving import Served

HOSTILE = [
    "<script>window.ran = 1</script>",
    "<img src=x onerror='window.ran = 1'>",
    "<svg/onload=window.ran=1>",
    "<iframe srcdoc='<script>parent.ran = 1</script>'></iframe>",
    "[link](javascript:window.ran=1)",
    "![picture](https://evil.example/?leak)",
    '<a href="javascript:window.ran=1">x</a>',
    "`<b onmouseover=window.ran=1>`",
    "**<style>*{display:none}</style>**",
    "| <img src=x onerror=window.ran=1> | b |\n|---|---|\n| <script>window.ran=1</script> | &lt;b&gt; |",
    "```\n</code></pre><script>window.ran=1</script>\n```",
    "# <math><mi xlink:href='data:x,<script>window.ran=1</script>'>",
    "\u202e\u2066gnp.exe\u0000\ud7ff",
]
SAID = "\n\n".join(HOSTILE)
FOREIGN = "script, iframe, style, svg, math, img, a, b, object, embed, [onerror], [onload], [style]"
"""Selects what no text may become."""


async def left_alone(page: Page) -> None:
    """Nothing ran, and what was said stands there as text."""
    assert await page.evaluate("window.ran") is None
    assert page.problems == []  # type: ignore[attr-defined]


async def watch(page: Page, server: Served) -> list[str]:
    """The addresses beyond the server that a request really leaves for; what a policy stops never gets this far."""
    strange: list[str] = []

    async def stop(route: Route) -> None:
        strange.append(route.request.url)
        await route.abort()

    await page.context.route(lambda url: url.startswith("http") and not url.startswith(server.http), stop)
    return strange
