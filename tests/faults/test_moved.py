"""Conversations begun on a server with everything embedded, moved, and gone on with on a cluster."""

import json
import random
from pathlib import Path
from typing import Any

from tests.cluster import Cluster, Member, shared_parts
from tests.conversing import talking
from tests.faults.bookers import Booker, open_times, stored, wish, with_dealers, workshop
from tests.faults.invariants import SharedStorage
from tests.serving import Served, environment, pitcrew, serving

DEALER = "oxmere-garage-lindqvist"
SESSION = "loads"
COMPUTED = ("models", "examples.npz", "questions.npz")
"""What the old data folder holds besides databases and indexes: the members begin with copies of it."""


def told(server: Served) -> Any:
    """The messages of the conversation as the API tells them."""
    status, body, _ = server.get(f"/api/v1/sessions/{SESSION}/messages", server.token("anna"))
    assert status == 200, body
    return json.loads(body)


def served_by(gateway: Member) -> Served:
    assert gateway.port is not None
    assert gateway.process is not None
    return Served(gateway.port, gateway.process, gateway.log, gateway.data)


async def begun(data: Path, booker: Booker) -> Any:
    """One conversation of a question and its answer, and one that waits for a yes; what is told of the first."""
    with serving(data) as embedded:
        async with talking(embedded.chat, embedded.token("anna")) as talk:
            frames = await talk.ask("What is the roof load of the Wren?", session_id=SESSION)
            assert frames[-1]["type"] == "complete"
        async with talking(embedded.chat, embedded.token(booker.user)) as talk:
            await booker.ask(talk)
        assert booker.request is not None, booker.frames
        return told(embedded)


async def test_moved_conversations_go_on(ingested: Path, tmp_path: Path) -> None:
    data = with_dealers(ingested, tmp_path)
    dealer = workshop(data, DEALER)
    at = random.choice(open_times(dealer))
    booker = Booker("booker", wish(dealer, at), stored(at))
    before = await begun(data, booker)
    with shared_parts(tmp_path) as parts:
        move = ("migrate", "--from", f"sqlite:{data}", "--to", parts.postgres.url)
        done = pitcrew(*move, env=environment(data))
        assert done.returncode == 0, done.stderr
        (tmp_path / "prepared").mkdir()
        for name in COMPUTED:
            (tmp_path / "prepared" / name).symlink_to(data / name)
        cluster = Cluster(tmp_path, parts, {})
        try:
            cluster.add_worker().start()
            cluster.add_gateway().start()
            await cluster.ready()
            gateway = served_by(cluster.gateways[0])
            assert told(gateway) == before
            async with talking(gateway.chat, gateway.token("anna")) as talk:
                frames = await talk.ask("And of the Heron?", session_id=SESSION)
            assert "oof load" in frames[-1]["response"], "what it is about was said before"
            assert "Heron" in frames[-1]["response"]
            await booker.go_on(gateway)
            assert booker.end is not None
            assert booker.end["type"] == "complete", booker.end
            storage = SharedStorage(parts.postgres.url)
            assert storage.rows("SELECT user_id, status, starts_at FROM appointments") == [
                (booker.user, "booked", booker.wanted)
            ]
            assert storage.number("SELECT count(*) FROM checkpoints") == 0, "the run is over, and so is its state"
            assert storage.breaches() == []
            cluster.run("audit", "--verify")
        finally:
            cluster.close()
