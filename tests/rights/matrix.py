"""Who may do what, over every wire: the one table of rights. It is data: `tests/rights/test_rights.py` tries every cell
on the real server, and `docs/rights.md` is made of it.

A new route, frame, command or tool without a row fails a test; a row is a line here.
"""

from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Any

CALLERS = ("nobody", "guest", "owner", "another", "staff", "admin")
"""Who asks. `nobody` shows no token where guests are not let in, `guest` where they are; `owner` is the customer whose
things are asked for, and `another` is another one."""


class Told(StrEnum):
    """What becomes of it. `OWN`: it is done, with what is the caller's own, and nothing is told of the owner's.
    `UNKNOWN` is what is said of things that there are not."""

    DONE = "yes"
    OWN = "own"
    SIGN_IN = "sign in"
    FORBIDDEN = "no"
    UNKNOWN = "unknown"


YES, OWN, SIGN_IN, NO, UNKNOWN = Told.DONE, Told.OWN, Told.SIGN_IN, Told.FORBIDDEN, Told.UNKNOWN


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of it, by who asks."""

    nobody: Told
    guest: Told
    owner: Told
    another: Told
    staff: Told
    admin: Told

    def of(self, caller: str) -> Told:
        return astuple(self)[CALLERS.index(caller)]  # type: ignore[no-any-return]


ANYBODY = Rule(YES, YES, YES, YES, YES, YES)
NOT_THERE = Rule(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)
VISITORS = Rule(SIGN_IN, YES, YES, YES, YES, YES)
SIGNED_IN = Rule(SIGN_IN, SIGN_IN, YES, YES, YES, YES)
EACH_THEIR_OWN = Rule(SIGN_IN, SIGN_IN, YES, OWN, OWN, OWN)
VISITORS_OWN = Rule(SIGN_IN, OWN, YES, OWN, OWN, OWN)
OWNER = Rule(SIGN_IN, SIGN_IN, YES, UNKNOWN, UNKNOWN, UNKNOWN)
NOT_CUSTOMERS = Rule(YES, YES, NO, NO, YES, YES)
STAFF = Rule(SIGN_IN, SIGN_IN, NO, NO, YES, YES)
ADMINS = Rule(SIGN_IN, SIGN_IN, NO, NO, NO, YES)


@dataclass(frozen=True, slots=True)
class Row:
    """An operation and its rule. `name` is what it is asked for by: method and path, type of frame, command or tool.

    `sent` is what goes with it, where `{session}` and such stand for things of the owner's (`tests/rights/owned.py`);
    `query` is the address's, and `first` and `then` are frames sent around it. `tells`: whoever is let in to the
    owner's things reads the owner's own words, so that "own" and "unknown" can be seen to hold nothing. `spoils`: what
    it is about is gone afterwards; `endless`: the answer does not end. `also` are the refusals that have nothing to do
    with rights, by code. `answered` are the types of frame that end the wait. `production`: the rule there, where it is
    another. `note` is for the page."""

    name: str
    rule: Rule
    sent: Any = None
    query: str = ""
    first: Any = None
    then: Any = None
    tells: bool = False
    spoils: bool = False
    endless: bool = False
    also: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()
    production: Rule | None = None
    note: str = ""

    def expects(self, caller: str, *, production: bool) -> Told:
        rule = self.production if production and self.production is not None else self.rule
        return rule.of(caller)


HELLO = {"message": "Hello", "session_id": "{session}"}
SAID = {"messages": [{"role": "user", "content": "Hello"}]}
RUN = {"assistant_id": "pitcrew", "input": SAID, "if_not_exists": "create"}
CHART = {"data": {"values": [{"a": 1}]}, "mark": "bar", "encoding": {"x": {"field": "a"}}}
COMPLETION = {"model": "pitcrew", **SAID, "metadata": {"session_id": "{session}"}}
CHECKPOINT = {"checkpoint": {"checkpoint_id": "{checkpoint}"}}
AGUI = {
    **{"threadId": "{session}", "runId": "r", "messages": [{"id": "1", "role": "user", "content": "Hello"}]},
    **{"state": {}, "tools": [], "context": [], "forwardedProps": {}},
}

HTTP = (
    Row("GET /health", ANYBODY),
    Row("GET /ready", ANYBODY, note="in production reasons and figures are told to staff alone"),
    Row("GET /metrics", ANYBODY, production=STAFF, note="in development from this machine; from elsewhere staff"),
    Row("GET /asyncapi.json", ANYBODY),
    Row("GET /openapi.json", ANYBODY, production=NOT_THERE),
    Row("GET /docs", ANYBODY, production=NOT_THERE),
    Row("GET /docs/oauth2-redirect", ANYBODY, production=NOT_THERE),
    Row("GET /docs/assets/{name}", ANYBODY, {"name": "swagger-ui.css"}, production=NOT_THERE),
    Row("GET /", ANYBODY, production=NOT_THERE),
    Row("GET /ws/test", ANYBODY, production=NOT_THERE),
    Row("GET /ws/test/token", ANYBODY, production=NOT_THERE, note="on this machine alone, by a name of its own"),
    Row("GET /ws/test/drawing", ANYBODY, production=NOT_THERE),
    Row("GET /ws/test/drawing/{name}", ANYBODY, {"name": "chart.js"}, production=NOT_THERE),
    Row("GET /ws/test/{asset}", ANYBODY, {"asset": "test.js"}, production=NOT_THERE),
    Row("GET /widget.js", ANYBODY),
    Row("GET /widget/{name}", ANYBODY, {"name": "de.json"}),
    Row("GET /staff", ANYBODY, note="the page alone; what it shows is asked for with a token"),
    Row("GET /staff/{name}", ANYBODY, {"name": "console.js"}),
    Row("POST /api/v1/chat", EACH_THEIR_OWN, HELLO),
    Row("POST /api/v1/chat/stream", EACH_THEIR_OWN, HELLO),
    Row("DELETE /api/v1/chat/stream", EACH_THEIR_OWN, query="session_id={session}", also=("RUN_NOT_ACTIVE",)),
    Row("GET /agent/stream", VISITORS_OWN, query="question=Hello&session_id={session}"),
    Row("DELETE /agent/stream", VISITORS_OWN, query="session_id={session}", also=("RUN_NOT_ACTIVE",)),
    Row("POST /api/v1/runs/{run_id}/cancel", OWNER, also=("RUN_NOT_ACTIVE",)),
    Row("POST /api/v1/sessions/{session_id}/cancel", EACH_THEIR_OWN, also=("RUN_NOT_ACTIVE",)),
    Row("GET /api/v1/sessions", EACH_THEIR_OWN, tells=True),
    Row("GET /api/v1/sessions/{session_id}/messages", OWNER, tells=True),
    Row("DELETE /api/v1/sessions/{session_id}", OWNER, spoils=True),
    Row("GET /api/v1/me/export", EACH_THEIR_OWN, {"of": "{run_id}"}, tells=True),
    Row("DELETE /api/v1/me", EACH_THEIR_OWN, {"of": "{run_id}"}, spoils=True),
    Row("GET /api/v1/appointments", EACH_THEIR_OWN, {"of": "{appointment_id}"}, tells=True),
    Row("GET /api/v1/appointments/{appointment_id}.ics", OWNER, tells=True),
    Row("POST /api/v1/ticket", SIGNED_IN),
    Row("GET /api/v1/agents", VISITORS, note="those that are open to the caller"),
    Row("GET /api/v1/datasets", VISITORS, note="those whose audience the caller is of"),
    Row("POST /api/v1/charts", VISITORS, CHART),
    Row("GET /v1/models", SIGNED_IN),
    Row("GET /v1/models/{model}", SIGNED_IN, {"model": "pitcrew"}),
    Row(
        "POST /v1/chat/completions",
        EACH_THEIR_OWN,
        {"model": "pitcrew", **SAID, "metadata": {"session_id": "{session}"}},
    ),
    Row("ANY /v1/{path}", NOT_THERE, {"path": "files"}),
    Row("POST /agui", EACH_THEIR_OWN, AGUI),
)

LANGGRAPH = (
    Row("GET /ok", ANYBODY),
    Row("GET /info", ANYBODY),
    Row("POST /assistants/search", SIGNED_IN),
    Row("POST /assistants/count", SIGNED_IN),
    Row("GET /assistants/{assistant_id}", SIGNED_IN),
    Row("GET /assistants/{assistant_id}/graph", SIGNED_IN),
    Row("GET /assistants/{assistant_id}/subgraphs", SIGNED_IN),
    Row("GET /assistants/{assistant_id}/schemas", SIGNED_IN),
    Row("POST /threads", EACH_THEIR_OWN, {"thread_id": "{session}", "if_exists": "do_nothing"}, tells=True),
    Row("POST /threads/search", EACH_THEIR_OWN, tells=True),
    Row("POST /threads/count", EACH_THEIR_OWN),
    Row("GET /threads/{thread_id}", OWNER, tells=True),
    Row("PATCH /threads/{thread_id}", OWNER, {"metadata": {"colour": "red"}}, tells=True),
    Row("DELETE /threads/{thread_id}", OWNER, spoils=True),
    Row("GET /threads/{thread_id}/state", OWNER, tells=True),
    Row(
        "POST /threads/{thread_id}/state/checkpoint",
        OWNER,
        {"checkpoint": {"checkpoint_id": "{checkpoint}"}},
        tells=True,
    ),
    Row("GET /threads/{thread_id}/state/{checkpoint}", OWNER, tells=True),
    Row("GET /threads/{thread_id}/history", OWNER, tells=True),
    Row("POST /threads/{thread_id}/history", OWNER, tells=True),
    Row("POST /threads/{thread_id}/runs", EACH_THEIR_OWN, RUN),
    Row("POST /threads/{thread_id}/runs/stream", EACH_THEIR_OWN, RUN, tells=True),
    Row("POST /threads/{thread_id}/runs/wait", EACH_THEIR_OWN, RUN, tells=True),
    Row("POST /runs/stream", SIGNED_IN, RUN),
    Row("POST /runs/wait", SIGNED_IN, RUN),
    Row("GET /threads/{thread_id}/runs", OWNER),
    Row("GET /threads/{thread_id}/runs/{run_id}", OWNER),
    Row("POST /threads/{thread_id}/runs/{run_id}/cancel", OWNER, also=("RUN_NOT_ACTIVE",)),
    Row("GET /threads/{thread_id}/runs/{run_id}/join", OWNER, tells=True),
    Row("GET /threads/{thread_id}/runs/{run_id}/stream", OWNER, tells=True),
    Row("POST /threads/{thread_id}/commands", OWNER, {"id": 1, "method": "state.get"}, tells=True),
    Row("POST /threads/{thread_id}/stream/events", OWNER, {"channels": ["values"]}, endless=True),
    Row("ANY /{rest}", SIGNED_IN, {"rest": "store/items"}, also=("NOT_OFFERED",), note="says that it is not offered"),
)
"""Below `/langgraph`."""

WRITTEN = {"text": "We are looking into it.", "client_message_id": "m-1"}
CANNED = {"shortcut": "hi", "title": "Hi", "text": "Hello."}

STAFF_HTTP = (
    Row("GET /me", STAFF),
    Row("GET /counts", STAFF),
    Row("GET /conversations", STAFF, query="limit=100"),
    Row("GET /conversations/{conversation_id}", STAFF, tells=True),
    Row("GET /conversations/{conversation_id}/messages", STAFF, query="before=1000", tells=True),
    Row("POST /conversations/{conversation_id}/take", STAFF, {"force": True}),
    Row("POST /conversations/{conversation_id}/reply", STAFF, WRITTEN, also=("CONFLICT",)),
    Row("POST /conversations/{conversation_id}/return", STAFF, also=("CONFLICT",)),
    Row("POST /conversations/{conversation_id}/handover", STAFF, also=("CONFLICT",)),
    Row("POST /conversations/{conversation_id}/assign", STAFF, {"staff_id": "sue", "name": "Sue"}),
    Row("PUT /conversations/{conversation_id}/tags", STAFF, {"tags": ["vip"]}),
    Row("PUT /conversations/{conversation_id}/priority", STAFF, {"priority": "high"}),
    Row("POST /conversations/{conversation_id}/notes", STAFF, {"text": "A regular."}),
    Row("POST /conversations/{conversation_id}/close", STAFF),
    Row("POST /conversations/{conversation_id}/reopen", STAFF, also=("CONFLICT",)),
    Row("POST /conversations/{conversation_id}/read", STAFF, {"seq": 1}),
    Row("GET /conversations/{conversation_id}/customer", STAFF),
    Row("GET /conversations/{conversation_id}/runs/{run_id}", STAFF, tells=True),
    Row("POST /conversations/{conversation_id}/suggestion", STAFF),
    Row("GET /canned", STAFF),
    Row("POST /canned", STAFF, CANNED | {"shortcut": "{new}"}),
    Row("PUT /canned/{canned_id}", STAFF, CANNED | {"shortcut": "{new}"}),
    Row("DELETE /canned/{canned_id}", STAFF, spoils=True),
    Row("GET /colleagues", STAFF),
    Row("GET /feedback", STAFF),
    Row("GET /outcomes", STAFF),
    Row("GET /gaps", STAFF),
    Row("POST /conversations/{conversation_id}/messages/{message_id}/case", STAFF, {"expected": "Hello."}),
    Row("GET /cases", STAFF),
    Row("GET /cases.jsonl", STAFF),
    Row("GET /export.csv", STAFF),
    Row("GET /webhooks/deliveries", ADMINS),
    Row("GET /audit", ADMINS),
    Row("POST /revocations", ADMINS, {"user_id": "{new}"}),
    Row("GET /customers/export", ADMINS, {"of": "{run_id}"}, query="user_id={user}", tells=True),
    Row("DELETE /customers", ADMINS, query="user_id={user}", spoils=True),
)
"""Below `/api/v1/staff`."""

REPLACING = HELLO | {"replaces": "{question_id}"}
ANALYSED = "question=Hello&session_id={session}"
IN_SESSION = "session_id={session}"
SUBSCRIBE = {"id": 0, "method": "subscription.subscribe", "params": {"channels": ["values"]}}
INACTIVE = ("RUN_NOT_ACTIVE",)
SOCKETS: dict[str, tuple[Row, ...]] = {
    "native": (
        Row("auth", SIGNED_IN, {"token": "{shown}"}, answered=("auth_success", "auth_error")),
        Row("message", EACH_THEIR_OWN, HELLO, answered=("complete",)),
        Row(
            "message, with `replaces`",
            OWNER,
            HELLO | {"replaces": "{question_id}"},
            spoils=True,
            answered=("complete",),
        ),
        Row("cancel", OWNER, {"run_id": "{run_id}"}, also=INACTIVE),
        Row("resume", OWNER, {"session_id": "{session}"}, tells=True),
        Row("answer", OWNER, {"request_id": "{request_id}", "value": False}, spoils=True, answered=("complete",)),
        Row("delete", OWNER, {"message_id": "{question_id}"}, spoils=True),
        Row("typing", OWNER, {"session_id": "{session}"}),
        Row("read", OWNER, {"session_id": "{session}", "seq": 1}),
        Row("feedback", OWNER, {"message_id": "{message_id}", "rating": "up"}),
        Row("handover", EACH_THEIR_OWN, {"session_id": "{session}"}, spoils=True),
        Row("ping", ANYBODY, {"timestamp": 1}, answered=("pong",)),
    ),
    "analysis_stream": (
        Row("opening", VISITORS_OWN, query=ANALYSED, answered=("stream_end",)),
        Row("cancel", VISITORS_OWN, {}, query=ANALYSED, answered=("stream_end",)),
        Row("text cancel", VISITORS_OWN, "cancel", query=ANALYSED, answered=("stream_end",)),
        Row("ping", VISITORS_OWN, {}, query=ANALYSED, answered=("stream_end",)),
    ),
    "analysis_interactive": (
        Row("query", VISITORS_OWN, {"question": "Hello"}, query=IN_SESSION, answered=("query_complete",)),
        Row("cancel", VISITORS_OWN, {}, query=IN_SESSION, also=INACTIVE),
        Row("text cancel", VISITORS_OWN, "cancel", query=IN_SESSION, also=INACTIVE),
        Row("ping", VISITORS, {}, answered=("pong",)),
    ),
    "explorer": (
        Row("opening", VISITORS_OWN, query="history=true", tells=True),
        Row("question", VISITORS_OWN, {"content": "Hello"}, answered=("agent",)),
    ),
    "query": (
        Row("question", EACH_THEIR_OWN, {"question": "Hello", "session_id": "{session}"}, answered=("stream_end",)),
        Row("auth", SIGNED_IN, {"token": "{shown}"}, then={"question": "Hello"}, answered=("stream_end",)),
        Row("cancel", EACH_THEIR_OWN, {"session_id": "{session}"}, also=INACTIVE),
        Row("ping", ANYBODY, {"timestamp": 1}, answered=("pong",)),
    ),
    "reasoning": (
        Row("opening", VISITORS_OWN, query="history=true", tells=True),
        Row("chat", VISITORS_OWN, {"payload": {"message": "Hello"}}, answered=("final_answer",)),
        Row("cancel", VISITORS_OWN, {}, also=INACTIVE),
        Row("ping", VISITORS, {}, answered=("pong",)),
        Row("pong", VISITORS, {}, then={"type": "ping"}, answered=("pong",)),
    ),
    "staff": (
        Row("auth", STAFF, {"token": "{shown}"}, answered=("auth_success", "auth_error")),
        Row("open", STAFF, {"conversation_id": "{conversation_id}"}, tells=True),
        Row("leave", STAFF, {"conversation_id": "{conversation_id}"}),
        Row("typing", STAFF, {"conversation_id": "{conversation_id}"}, also=("CONFLICT",)),
        Row("status", STAFF, {"status": "here"}),
        Row("ping", NOT_CUSTOMERS, {"timestamp": 1}, answered=("pong",)),
    ),
    "langgraph": (
        Row("run.start", OWNER, {"assistant_id": "pitcrew", "input": SAID}),
        Row("input.respond", OWNER, {"interrupt_id": "{request_id}", "response": False}, spoils=True),
        Row("agent.getTree", OWNER, {}),
        Row("state.get", OWNER, {}, tells=True),
        Row("subscription.subscribe", OWNER, {"channels": ["values"]}),
        Row("subscription.unsubscribe", OWNER, {"subscription_id": "sub-1"}, first=SUBSCRIBE),
    ),
}
"""The frames of each dialect, of `/ws/staff`, and the commands of LangGraph's socket on a thread."""

TOOLS = (
    Row("search", STAFF),
    Row("ask", STAFF),
    Row("list_specialists", STAFF),
    Row("list_documents", STAFF),
    Row("pitcrew://documents/{document_id}", STAFF),
)
"""Of `pitcrew mcp --http`, which knows what its operator knows."""

OPERATOR, BEARER, ALONE = "the operator", "whoever's token is shown", "anybody"
COMMANDS = {
    "serve": OPERATOR,
    "worker": OPERATOR,
    "ingest": OPERATOR,
    "search": OPERATOR,
    "ask": OPERATOR,
    "route": OPERATOR,
    "chat": BEARER,
    "token": OPERATOR,
    "docs list": OPERATOR,
    "docs show": OPERATOR,
    "docs history": OPERATOR,
    "docs remove": OPERATOR,
    "docs rollback": OPERATOR,
    "datasets add": OPERATOR,
    "datasets list": OPERATOR,
    "datasets show": OPERATOR,
    "datasets rights": OPERATOR,
    "datasets refresh": OPERATOR,
    "datasets remove": OPERATOR,
    "datasets query": OPERATOR,
    "migrate": OPERATOR,
    "eval": OPERATOR,
    "mcp": OPERATOR,
    "usage": OPERATOR,
    "audit": OPERATOR,
    "privacy export": OPERATOR,
    "privacy erase": OPERATOR,
    "privacy expire": OPERATOR,
    "demo": OPERATOR,
    "doctor": OPERATOR,
}
"""As whom a command acts. The operator is who can read the data directory: nobody else of the machine can."""


SOCKET_NAMES = {
    "native": "`/ws/chat`",
    "analysis_stream": "`/ws/agent/stream`",
    "analysis_interactive": "`/ws/agent/interactive`",
    "explorer": "`/ws/{session_id}`",
    "query": "`/ws/query`",
    "reasoning": "`/ws/chat/{session_id}`",
    "staff": "`/ws/staff`",
    "langgraph": "LangGraph's socket on a thread",
}


def rows() -> dict[str, tuple[Row, ...]]:
    """Every table by its wire's name, as people say it."""
    sockets = {SOCKET_NAMES[name]: rows for name, rows in SOCKETS.items()}
    return (
        {"HTTP": HTTP, "the staff's HTTP": STAFF_HTTP, "LangGraph's HTTP, below `/langgraph`": LANGGRAPH}
        | sockets
        | {"MCP": TOOLS}
    )


def cells(rule: Rule) -> tuple[str, ...]:
    """What the page says, by caller."""
    return tuple(map(str, astuple(rule)))


def tried() -> int:
    """How many trials `tests/rights` makes: on each kind of server all callers but one, as there is nobody else without
    a token; the tools once for all."""
    operations = sum(map(len, (HTTP, STAFF_HTTP, LANGGRAPH, *SOCKETS.values())))
    return operations * (len(CALLERS) - 1) * 2 + len(TOOLS) * len(CALLERS)
