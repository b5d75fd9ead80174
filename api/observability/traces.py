"""Traces by OpenTelemetry: the spans of each run, sent to a collector by OTLP over HTTP.

Imported only where PITCREW_TRACES_URL is set. A collector that is away costs traces and nothing else: spans are sent by
a thread, and dropped when too many wait. What the exporter and the sampler read of the environment
(`OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_TRACES_SAMPLER`, `OTEL_RESOURCE_ATTRIBUTES`) holds here too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from rag.tracing.spans import NONE, Attributes, Span

PATH = "/v1/traces"
"""Where a collector takes traces, unless the address has a path (OTLP 1.7, "OTLP/HTTP Request")."""
PAUSE_MS = 1_000
SEND_S = 10
CONTENT_CHARACTERS = 8_192
"""The longest content of an attribute: what is longer is cut."""


@dataclass(frozen=True, slots=True)
class RecordedSpan:
    """A span of OpenTelemetry's behind the contract; without one it stands outside, where each span begins a trace."""

    tracer: trace.Tracer
    contents: bool
    span: trace.Span | None = None

    @property
    def trace_id(self) -> str:
        return f"{self.span.get_span_context().trace_id:032x}" if self.span else ""

    def begin(self, name: str, attributes: Attributes = NONE) -> Span:
        # Nothing but our own spans: whatever a caller or a library has in the current context is not asked.
        around = trace.set_span_in_context(self.span, Context()) if self.span else Context()
        return RecordedSpan(self.tracer, self.contents, self.tracer.start_span(name, around, attributes=attributes))

    def note(self, attributes: Attributes) -> None:
        if self.span is not None:
            self.span.set_attributes(attributes)

    def content(self, name: str, text: Callable[[], str]) -> None:
        if self.contents and self.span is not None:
            self.span.set_attribute(name, text()[:CONTENT_CHARACTERS])

    def end(self, error: BaseException | None = None) -> None:
        """The error's kind, never its text, in which a customer's words may stand."""
        if self.span is None:
            return
        if error is not None:
            kind = getattr(error, "reason", None) or type(error).__name__
            self.span.set_attribute("error.type", str(kind))
            self.span.set_status(trace.StatusCode.ERROR, str(kind))
        self.span.end()


class Traces:
    """Sends what is recorded in `outside`, the place outside of all runs, where each run begins a trace."""

    def __init__(self, url: str, version: str, *, contents: bool = False) -> None:
        address = url if urlsplit(url).path.strip("/") else url.rstrip("/") + PATH
        resource = Resource.create({"service.name": "pitcrew", "service.version": version})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=address, timeout=SEND_S)
        self._provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=PAUSE_MS))
        self.outside: Span = RecordedSpan(self._provider.get_tracer("pitcrew", version), contents)

    def close(self) -> None:
        """Send what is left; takes up to SEND_S where the collector does not answer."""
        self._provider.shutdown()
