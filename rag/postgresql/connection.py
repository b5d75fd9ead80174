"""A connection to PostgreSQL that is given up where the server does not answer.

A server that was cut off is noticed by the network; one that accepts and stands still is not, and neither is its
`statement_timeout`, which it would have to look at itself.
"""

import math
from typing import TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.rows import Row, TupleRow

T = TypeVar("T")


class BoundedConnection(psycopg.Connection[TupleRow]):
    """`patience_s`: how long a statement may take, which may be inf; behind one that took longer the connection is
    closed. Raises psycopg.OperationalError then."""

    patience_s = 5.0

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """See `psycopg.Connection.wait`."""
        patience_s = self.patience_s if self.patience_s < math.inf else None
        try:
            return super().wait(gen, interval, patience_s if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if timeout is None and type(error).__name__ == "_WaitTimeout":
                self.pgconn.finish()
                raise psycopg.OperationalError(f"PostgreSQL has not answered for {self.patience_s:.1f} s") from error
            raise


class AsyncBoundedConnection(psycopg.AsyncConnection[Row]):
    """The same for an event loop. Not for listening to notifications, which may stay away for longer."""

    patience_s = 5.0

    async def wait(  # the signature is the driver's
        self,
        gen: PQGen[T],
        interval: float = 0.1,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> T:
        """See `psycopg.AsyncConnection.wait`."""
        try:
            return await super().wait(gen, interval, self.patience_s if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if timeout is None and type(error).__name__ == "_WaitTimeout":
                self.pgconn.finish()
                raise psycopg.OperationalError(f"PostgreSQL has not answered for {self.patience_s:.1f} s") from error
            raise
