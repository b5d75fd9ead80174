"""Figures of the running server for Prometheus: what the process takes, and what it is doing."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.metrics_core import Metric

from orchestrator.accounting.ledger import Entry

FIRST_TOKEN_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 60.0)
GAP_BUCKETS_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
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
        self.first_token = Histogram(
            "pitcrew_first_token_seconds",
            "From a message's acceptance to the first words of its answer.",
            buckets=FIRST_TOKEN_BUCKETS_S,
            registry=self._registry,
        )
        self.token_gap = Histogram(
            "pitcrew_token_gap_seconds",
            "From one piece of an answer to the next.",
            buckets=GAP_BUCKETS_S,
            registry=self._registry,
        )
        self.endings = self._counter(
            "pitcrew_runs_ended",
            "Runs by how they ended, or that they wait for the customer (`waiting`).",
            "outcome",
            "agent",
            "act",
        )
        self.failed_runs = self._counter("pitcrew_runs_failed", "Runs without an answer.", "reason")
        self.restarts = self._counter(
            "pitcrew_runs_restarted", "Runs begun again, because their process died or stopped."
        )
        self._refused = self._counter("pitcrew_sign_ins_refused", "Tokens that were not accepted.", "code")
        self._tokens = self._counter(
            "pitcrew_tokens",
            "Tokens of models; `cached` ones are among the `input`.",
            "model",
            "agent",
            "purpose",
            "kind",
        )
        self._cost = self._counter("pitcrew_cost", "What they cost, in PITCREW_CURRENCY.", "model", "agent", "purpose")
        self._calls = self._counter("pitcrew_calls", "Calls of models and tools.", "name", "agent", "purpose")
        self._failures = self._counter(
            "pitcrew_call_failures", "Those that did not come to their end.", "name", "agent", "purpose"
        )
        self._seconds = self._counter("pitcrew_call_seconds", "How long they took.", "name", "agent", "purpose")
        self.watch("pitcrew_tasks", "Tasks of the event loop.", lambda: len(asyncio.all_tasks()))

    def watch(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Add a gauge whose value is read when it is asked for, on the event loop."""
        Gauge(name, meaning, registry=self._registry).set_function(read)

    def watch_each(self, name: str, meaning: str, label: str, read: Mapping[str, Callable[[], float]]) -> None:
        """`watch` for several of a kind, told apart by a label."""
        gauge = Gauge(name, meaning, [label], registry=self._registry)
        for value, look in read.items():
            gauge.labels(value).set_function(look)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(name, meaning, labels, registry=self._registry)

    def count(self, entries: Sequence[Entry]) -> None:
        """Count what a run took; its `purpose` is what a model was asked for, or `tool`."""
        for entry in entries:
            labels = (entry.name, entry.agent, entry.kind)
            self._calls.labels(*labels).inc(entry.calls)
            self._failures.labels(*labels).inc(entry.failures)
            self._seconds.labels(*labels).inc(entry.milliseconds / 1000)
            if entry.kind == "tool":
                continue
            self._cost.labels(*labels).inc((entry.cost_micros or 0) / 1e6)
            self._tokens.labels(*labels, "input").inc(entry.input_tokens)
            self._tokens.labels(*labels, "cached").inc(entry.cached_tokens)
            self._tokens.labels(*labels, "output").inc(entry.output_tokens)

    def count_refused(self, code: str) -> None:
        """A token was not accepted; `code` is the error's."""
        self._refused.labels(code).inc()

    def collect(self) -> Iterable[Metric]:
        """Every figure with what it means."""
        return self._registry.collect()

    def text(self) -> bytes:
        """Everything in Prometheus' text format. To be called on the event loop."""
        return generate_latest(self._registry)
