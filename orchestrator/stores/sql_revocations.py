"""Tokens that were revoked before their time, in SQL, so that every process learns of them."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import BigInteger, Column, Connection, Engine, Integer, String, Table, delete, insert, select

from orchestrator.errors import StorageUnavailable
from orchestrator.tables import metadata
from rag.database import Transactions

revocations = Table(
    "revocations",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("kind", String(8), nullable=False, comment="token or user"),
    Column("name", String(255), nullable=False, comment="the token's id, or the user"),
    Column("before", BigInteger, nullable=False, comment="of a user, the tokens issued up to then, in Unix seconds"),
    Column("expires", BigInteger, nullable=False, index=True, comment="when every token that it means has ended"),
    Column("made_at", String(32), nullable=False),
    Column("made_by", String(255), nullable=False, comment="the user who revoked, or `command line`"),
)


@dataclass(frozen=True, slots=True)
class Revocation:
    """A `token` by its id, or all tokens of a `user` that were issued up to `before` (Unix seconds)."""

    kind: Literal["token", "user"]
    name: str
    before: int


def hashed(user_id: str) -> str:
    """The name of a user who was erased, to whom old tokens must still be refused."""
    return f"sha256:{hashlib.sha256(user_id.encode()).hexdigest()}"


class SqlRevocations:
    """Keeps revocations for `lifetime_s`, the longest that a token can last. Raises StorageUnavailable."""

    def __init__(self, engine: Engine, lifetime_s: int) -> None:
        self._transactions = Transactions(engine, StorageUnavailable)
        self._lifetime_s = lifetime_s

    async def add(self, kind: Literal["token", "user"], name: str, by: str) -> Revocation:
        """Revoke a token, or what a user has of them at this moment."""
        now = int(time.time())
        row = {"kind": kind, "name": name, "before": now, "expires": now + self._lifetime_s + 60}
        row |= {"made_at": datetime.now(UTC).isoformat(timespec="milliseconds"), "made_by": by}

        def write(connection: Connection) -> None:
            connection.execute(delete(revocations).where(revocations.c.expires < now))
            connection.execute(insert(revocations).values(row))

        await self._transactions.write(write)
        return Revocation(kind, name, now)

    async def read(self) -> Sequence[Revocation]:
        """All that still mean something."""
        query = select(revocations.c.kind, revocations.c.name, revocations.c.before).where(
            revocations.c.expires >= int(time.time())
        )
        rows = await self._transactions.read(lambda connection: connection.execute(query).all())
        return tuple(Revocation(row.kind, row.name, row.before) for row in rows)

    def close(self) -> None:
        self._transactions.close()
