"""The process in which a chart is drawn: `python -m api.export.drawing`, started by `api/export/charts.py`.

One Vega-Lite specification comes on standard input and its picture goes to standard output, as frames. The library
compiles the specification's expressions to code and runs them in an engine of its own (V8): so it has this process to
itself, for one chart, with limits.
"""

import json
import os
import resource
from pathlib import Path

from rag.isolation.confinement import allow_cpu, confine
from rag.isolation.pipes import read_frame, write_frame

CPU_S = 8
MEMORY_BYTES = 1 << 30
"""Of data; the engine takes half of it before it does anything, though a usual chart uses 90 MB."""
ADDRESS_BYTES = 1 << 40
"""The engine reserves far more addresses than it uses."""
THEMES = Path(__file__).parents[1] / "pages" / "chart_themes.json"
"""How charts look on a light and on a dark page, wherever they are drawn."""


def main() -> None:
    """Draw one chart: an answer is `{"svg": …}`, or `{}` where the specification makes no sense."""
    inbox, outbox = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)  # a library that prints must not write into the answer
    confine(ADDRESS_BYTES)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    allow_cpu(CPU_S)
    request = read_frame(inbox)
    if request is not None:
        write_frame(outbox, json.dumps(_drawn(**json.loads(request))).encode())


def _drawn(spec: dict[str, object], dark: bool) -> dict[str, str]:
    import vl_convert  # noqa: PLC0415 (after the limits are set)

    theme = json.loads(THEMES.read_bytes())["dark" if dark else "light"]
    try:
        return {"svg": vl_convert.vegalite_to_svg(spec, config=theme, allowed_base_urls=[])}
    except ValueError:
        return {}


if __name__ == "__main__":
    main()
