"""What is audited: an act before it is kept, and an entry of the log."""

from typing import Any

import msgspec

from orchestrator.event.ownership import Member

CUSTOMER = Member("", "customer")
"""Customers, who do to themselves what they do: their entries name them by `subject` alone."""
SERVER = Member("", "server")


class Act(msgspec.Struct, frozen=True):
    """What somebody did. `member` is who, without an id where that is nobody of the staff; `address` from where;
    `subject` the id of the user whom it is about, of whom only a keyed digest is kept: without one, the customer of the
    conversation. `detail` holds nothing that anybody wrote."""

    member: Member
    operation: str
    conversation_id: str | None = None
    detail: dict[str, Any] = {}
    address: str = ""
    subject: str = ""


class Audited(msgspec.Struct, frozen=True):
    """An entry of the audit log. `subject` is the digest of the user whom it is about; `hash` binds it to all that
    stand before it."""

    audit_id: int
    at: str
    staff: Member
    operation: str
    conversation_id: str | None
    detail: dict[str, Any]
    address: str
    subject: str
    hash: str
