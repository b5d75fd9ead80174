"""What the staff may do: the one list of operations and of who may do each. Whatever serves the staff asks here."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from api.access.auth import Identity
from orchestrator.errors import Forbidden

STAFF = frozenset({"staff", "admin"})
ADMIN = frozenset({"admin"})
PREFIX = "/api/v1/staff"
ONE = "/conversations/{conversation_id}"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation by its `name`; where it is asked for over HTTP, and the `roles` that may. `WS` stands for opening
    the socket."""

    name: str
    method: str
    path: str
    roles: frozenset[str] = STAFF


_ALL = (
    Operation("watch", "WS", "/ws/staff"),
    Operation("me", "GET", "/me"),
    Operation("counts", "GET", "/counts"),
    Operation("list", "GET", "/conversations"),
    Operation("open", "GET", ONE),
    Operation("messages", "GET", f"{ONE}/messages"),
    Operation("take", "POST", f"{ONE}/take"),
    Operation("reply", "POST", f"{ONE}/reply"),
    Operation("return", "POST", f"{ONE}/return"),
    Operation("handover", "POST", f"{ONE}/handover"),
    Operation("assign", "POST", f"{ONE}/assign"),
    Operation("tag", "PUT", f"{ONE}/tags"),
    Operation("priority", "PUT", f"{ONE}/priority"),
    Operation("note", "POST", f"{ONE}/notes"),
    Operation("close", "POST", f"{ONE}/close"),
    Operation("reopen", "POST", f"{ONE}/reopen"),
    Operation("read", "POST", f"{ONE}/read"),
    Operation("customer", "GET", f"{ONE}/customer"),
    Operation("why", "GET", f"{ONE}/runs/{{run_id}}"),
    Operation("suggestion", "POST", f"{ONE}/suggestion"),
    Operation("canned", "GET", "/canned"),
    Operation("canned_add", "POST", "/canned"),
    Operation("canned_change", "PUT", "/canned/{canned_id}"),
    Operation("canned_drop", "DELETE", "/canned/{canned_id}"),
    Operation("colleagues", "GET", "/colleagues"),
    Operation("feedback", "GET", "/feedback"),
    Operation("outcomes", "GET", "/outcomes"),
    Operation("gaps", "GET", "/gaps"),
    Operation("case", "POST", f"{ONE}/messages/{{message_id}}/case"),
    Operation("cases", "GET", "/cases"),
    Operation("cases_export", "GET", "/cases.jsonl"),
    Operation("export", "GET", "/export.csv"),
    Operation("deliveries", "GET", "/webhooks/deliveries", ADMIN),
    Operation("audit", "GET", "/audit", ADMIN),
    Operation("revoke", "POST", "/revocations", ADMIN),
    Operation("customer_export", "GET", "/customers/export", ADMIN),
    Operation("customer_erase", "DELETE", "/customers", ADMIN),
)
OPERATIONS: Mapping[str, Operation] = MappingProxyType({operation.name: operation for operation in _ALL})


def permit(identity: Identity, operation: Operation) -> None:
    """Raises Forbidden unless the identity's role may do this."""
    if identity.role not in operation.roles:
        raise Forbidden


def permitted(identity: Identity) -> list[str]:
    """The names of the operations that the identity may do."""
    return [operation.name for operation in _ALL if identity.role in operation.roles]
