"""Figures of the running server for Prometheus: what the process takes, and what it is doing."""

import asyncio
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Gauge, Histogram, ProcessCollector, generate_latest

LAG_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """The figures of one server. Names begin with `pitcrew_`, those of the process (memory, descriptors, CPU) with
    `process_`; units are in the names."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.loop_lag = Histogram(
            "pitcrew_event_loop_lag_seconds",
            "How late the event loop wakes up: whatever blocks it delays every socket.",
            buckets=LAG_BUCKETS_S,
            registry=self._registry,
        )
        self.watch("pitcrew_tasks", "Tasks of the event loop.", lambda: len(asyncio.all_tasks()))

    def watch(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Add a gauge whose value is read when it is asked for, on the event loop."""
        Gauge(name, meaning, registry=self._registry).set_function(read)

    def text(self) -> bytes:
        """Everything in Prometheus' text format. To be called on the event loop."""
        return generate_latest(self._registry)
