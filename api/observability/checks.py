"""What `/ready` looks at: database, knowledge base and model, each as `{"ok": bool, …}` with the reason where not."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy import Engine as Database

from agents.answerer import Answerer
from api.failure import FILL
from api.migrations import head_revision, revision
from api.version import product_version
from rag.catalogue import Catalogue

if TYPE_CHECKING:
    from agents.models.breaker import BreakerState
    from rag.retrieve import Retriever

T = TypeVar("T")

PATIENCE_SECONDS = 5.0
"""For each look; who asks, a load balancer or a person, does not wait much longer."""


async def _in_time(look: Coroutine[Any, Any, T]) -> T:
    """What it finds. Raises TimeoutError at once when it takes too long: to give up a query, a driver asks the server
    that does not answer once more."""
    looking = asyncio.ensure_future(look)
    done, _ = await asyncio.wait({looking}, timeout=PATIENCE_SECONDS)
    if not done:
        looking.cancel()
        looking.add_done_callback(lambda given_up: given_up.cancelled() or given_up.exception())
        raise TimeoutError
    return looking.result()


class Writable(Protocol):
    """The part of the store that is looked at."""

    async def probe(self) -> None:
        """Raises StorageUnavailable when nothing can be written."""


class Guarded(Protocol):
    """A model that knows how its provider does without asking it."""

    @property
    def state(self) -> "BreakerState": ...


async def check_database(database: Database, store: Writable) -> dict[str, Any]:
    """Whether the database is there, migrated and takes writes; `ms` it took to find out, the `migration` that it is
    at, and the `version` of the product that runs here."""
    started = time.perf_counter()
    try:
        current = await asyncio.wait_for(asyncio.to_thread(revision, database), PATIENCE_SECONDS)
    except Exception as error:
        return _not_ok(f"cannot be reached ({type(error).__name__})")
    if current != head_revision():
        return _not_ok("not migrated: run `pitcrew migrate`")
    try:
        await asyncio.wait_for(store.probe(), PATIENCE_SECONDS)
    except Exception:
        return _not_ok("cannot be written (disk full or locked?)")
    ms = round((time.perf_counter() - started) * 1000, 1)
    return {"ok": True, "ms": ms, "migration": current, "version": product_version()}


class Following(Protocol):
    """The part of a publisher that is looked at."""

    @property
    def generation(self) -> int | None: ...


async def check_knowledge(
    catalogue: Catalogue, retriever: "Retriever", publisher: Following, absent: Sequence[str] = ()
) -> dict[str, Any]:
    """Whether the knowledge base can be searched and holds something; the `generation` that it shows. `indexing`: the
    indexes do not hold all of it yet. `absent`: what answers could depend on besides documents, and is not there."""
    try:
        documents = await asyncio.wait_for(asyncio.to_thread(catalogue.hashes), PATIENCE_SECONDS)
        generation = await asyncio.wait_for(asyncio.to_thread(catalogue.generation), PATIENCE_SECONDS)
        await asyncio.wait_for(retriever.search("ready?", k=1), PATIENCE_SECONDS)
    except Exception as error:
        return _not_ok(f"cannot be searched ({type(error).__name__})")
    if not documents:
        return _not_ok(f"empty: {FILL}")
    body: dict[str, Any] = {"ok": True, "documents": len(documents), "generation": generation}
    body |= {"absent": list(absent)} if absent else {}
    return body if publisher.generation == generation else body | {"indexing": True}


async def check_contents(catalogue: Catalogue, held: Callable[[], int]) -> dict[str, Any]:
    """Whether the knowledge base holds something, for a server whose workers search it. `held`: the passages that the
    index over words has; while it is lacking some, `indexing`."""
    try:
        documents = await asyncio.wait_for(asyncio.to_thread(catalogue.hashes), PATIENCE_SECONDS)
        generation = await asyncio.wait_for(asyncio.to_thread(catalogue.generation), PATIENCE_SECONDS)
        shown = await asyncio.wait_for(asyncio.to_thread(catalogue.count, generation), PATIENCE_SECONDS)
        indexed = await asyncio.wait_for(asyncio.to_thread(held), PATIENCE_SECONDS)
    except Exception as error:
        return _not_ok(f"cannot be read ({type(error).__name__})")
    if not documents:
        return _not_ok(f"empty: {FILL}")
    body = {"ok": True, "documents": len(documents), "generation": generation}
    return body if indexed >= shown else body | {"indexing": True}


class Staffed(Protocol):
    """The part of a dispatcher that is looked at."""

    @property
    def depth(self) -> int: ...

    async def workers(self) -> int: ...


async def check_workers(dispatcher: Staffed) -> dict[str, Any]:
    """Whether anybody answers, and how many conversations wait for that."""
    try:
        workers = await _in_time(dispatcher.workers())
    except Exception as error:
        return _not_ok(f"cannot be counted ({type(error).__name__})")
    if not workers:
        return _not_ok("none is there: start `pitcrew worker`")
    return {"ok": True, "workers": workers, "waiting": dispatcher.depth}


async def check_redis(reachable: Callable[[], Awaitable[bool]] | None) -> dict[str, Any]:
    """Whether Redis answers. A server goes on without it, so this is always ok."""
    if reachable is None or await reachable():
        return {"ok": True}
    return {"ok": True, "reason": "cannot be reached: each server counts for itself, and hears the others late"}


async def check_model(answerer: Answerer, models: Sequence[Guarded]) -> dict[str, Any]:
    """Whether some model may be asked, as far as is known without asking; without models the answerer needs none."""
    states = [model.state for model in models]
    body: dict[str, Any] = {"ok": True, "answerer": answerer.name}
    if not states:
        return body
    body["providers"] = [
        {"model": state.label, "state": state.state, "retry_in_s": round(state.retry_in_s, 1), "reason": state.reason}
        for state in states
    ]
    if all(state.state == "open" for state in states):
        reasons = ", ".join(f"{state.label}: {state.reason}" for state in states)
        return body | _not_ok(f"no model can be asked ({reasons})")
    return body


def _not_ok(reason: str) -> dict[str, Any]:
    return {"ok": False, "reason": reason}
