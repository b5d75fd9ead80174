"""What is deployed beside the product speaks of figures that it has."""

import asyncio
import re

from api.compose.app_state import GAUGES
from api.observability.measured import watch_models
from api.observability.metrics import Metrics
from tests.serving import ROOT

NAME = re.compile(r"\bpitcrew_[a-z_]+")
SUFFIX = re.compile(r"_(bucket|sum|count|total)$")


async def known() -> set[str]:
    metrics = Metrics()
    for name, meaning in GAUGES.items():
        metrics.watch(name, meaning, lambda: 0.0)
    watch_models(metrics, [])
    return {one.name for one in metrics.collect()}


def test_dashboard_and_alerts_ask_for_figures_that_there_are() -> None:
    names = asyncio.run(known())
    files = [ROOT / "deploy" / "grafana" / "pitcrew.json", ROOT / "deploy" / "prometheus" / "alerts.yml"]
    for file in files:
        asked = {SUFFIX.sub("", name) for name in NAME.findall(file.read_text(encoding="utf-8"))}
        assert len(asked) > 5
        assert asked <= names, asked - names
