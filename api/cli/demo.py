"""`pitcrew demo`: conversations in every state, so that there is something to see."""

import asyncio
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
import typer

from api.cli.terminal.output import note, print_json, progress
from api.failure import FILL, CommandFailed

if TYPE_CHECKING:
    from api.compose.app_state import AppState
    from api.settings import Settings
    from orchestrator.commands import Caller
    from orchestrator.event.ownership import Member
    from orchestrator.events import AnyEvent, Completed

SCRIPT = Path(__file__).with_name("demo.toml")
BUNDLED = Path(__file__).parents[2] / "knowledge_base"
"""The documents that come with the product: beside the packages, in a checkout and in an installation."""
PREFIX = "demo-"
"""With which the ids of the demonstration's people begin, so that none of them is anybody else."""
PATIENCE_S = 120.0
TOKEN_S = 30 * 24 * 3600


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that happens: something the customer says or rates, or, with `by`, what one of the staff does."""

    ask: str = ""
    rate: Literal["up", "down", ""] = ""
    reason: str | None = None
    by: str = ""
    take: bool = False
    give_back: bool = False
    close: bool = False
    reply: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    priority: Literal["low", "normal", "high", "urgent", ""] = ""
    correct: str = ""
    comment: str | None = None


class Conversation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one customer and the staff do, in order; `title` tells what is to be seen."""

    customer: str
    title: str
    steps: tuple[Step, ...]


class Person(msgspec.Struct, frozen=True):
    """A customer."""

    name: str
    email: str


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole demonstration; people and staff by the names that the steps use."""

    people: dict[str, Person]
    staff: dict[str, str]
    canned: tuple[dict[str, str], ...]
    conversation: tuple[Conversation, ...]


def demo(
    add: Annotated[bool, typer.Option("--add", help="Also where there are conversations already.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port of the links.")] = 8000,
    json: Annotated[bool, typer.Option("--json", help="The links as one JSON object.")] = False,
) -> None:
    """Fill a development database with conversations in every state, and print the customers' and the staff's links.

    Nothing is made up: customers ask the assistant as it is set up here, and the staff takes over, replies, notes,
    tags, closes and corrects by its own interface. Where nothing was ingested yet, PITCREW_KNOWLEDGE_DIR is; where
    that is no folder, it is made first, with the documents of an invented maker. Stop the server first.

    Example: PITCREW_DATA_DIR=demo-data pitcrew demo
    """
    from api.settings import Settings

    settings = Settings()
    if settings.production:
        raise CommandFailed("This is for development: it would put invented customers among your own.")
    if not _documents(settings):
        _bring_documents(settings.knowledge_dir)
        if not _documents(settings):
            raise CommandFailed(f"There are no documents in {settings.knowledge_dir}. First: {FILL}")
    links = asyncio.run(_play(settings, add=add, port=port))
    if json:
        print_json(links)
        return
    print(f"staff     {links['staff']}")
    for one in links["customers"]:
        print(f"{one['name']}: {one['title']}\n          {one['command']}")
    note(f"Now start the server: pitcrew serve --port {port}")


def _documents(settings: "Settings") -> int:
    """How many documents are shown."""
    from api.cli.ingestion import existing_catalogue

    with existing_catalogue(settings) as catalogue:
        return len(catalogue.hashes()) if catalogue else 0


def _bring_documents(folder: Path) -> None:
    """Ingest the folder; where it is not there, make it, with the documents that come with the product."""
    from api.cli.ingest import bring_in_line

    if not folder.is_dir():
        if not BUNDLED.is_dir():
            raise CommandFailed(f"There are no documents yet. First: {FILL}")
        note(f"Writing the documents of an invented maker to {folder}.")
        shutil.copytree(BUNDLED, folder, ignore=shutil.ignore_patterns("__pycache__"))
    bring_in_line(folder)


async def _play(settings: "Settings", *, add: bool, port: int) -> dict[str, Any]:
    from api.access.auth import token_rules
    from api.compose.server import open_app
    from orchestrator.staff.values import Filters

    script = msgspec.toml.decode(SCRIPT.read_bytes(), type=Script)
    async with open_app(settings) as state:
        before = await state.desk.store.list(Filters(), 1, None)
        if before.conversations and not add:
            raise CommandFailed(
                f"{settings.data_dir} holds conversations already. Use another PITCREW_DATA_DIR, or --add to put these "
                "among them."
            )
        await _Play(state, script).run()
    tokens = token_rules(settings)
    if not tokens.issues:
        raise CommandFailed("Links need a secret of the server's own: PITCREW_JWT_SECRET, not a public key.")
    colleague, name = next(iter(script.staff.items()))
    staff = tokens.issue(PREFIX + colleague, name=name, role="admin", ttl_s=TOKEN_S)
    customers = []
    for one in script.conversation:
        person = script.people[one.customer]
        token = tokens.issue(PREFIX + one.customer, name=person.name, email=person.email, ttl_s=TOKEN_S)
        command = f"pitcrew chat --url ws://localhost:{port} --session demo --token {token}"
        customers.append({"name": person.name, "title": one.title, "token": token, "command": command})
    return {"staff": f"http://localhost:{port}/staff#token={staff}", "token": staff, "customers": customers}


class _Play:
    """The script, on a server that listens nowhere."""

    def __init__(self, state: "AppState", script: Script) -> None:
        self._engine = state.gateway.engine
        self._desk = state.desk
        self._script = script
        self._answer: Completed | None = None

    async def run(self) -> None:
        first, *_ = self._script.staff
        for one in self._script.canned:
            await self._desk.keep_canned(self._member(first), None, **one)
        with progress("Talking") as advance:
            for done, conversation in enumerate(self._script.conversation):
                advance(done, len(self._script.conversation), conversation.title)
                await self._converse(conversation)
            advance(len(self._script.conversation), len(self._script.conversation), "")

    def _member(self, name: str) -> "Member":
        from orchestrator.event.ownership import Member

        return Member(PREFIX + name, self._script.staff[name])

    async def _converse(self, conversation: Conversation) -> None:
        from orchestrator.commands import Caller, Feedback

        person = self._script.people[conversation.customer]
        caller = Caller(PREFIX + conversation.customer, "customer", person.name, person.email)
        conversation_id = ""
        for step in conversation.steps:
            if step.ask:
                conversation_id = await self._ask(caller, step.ask)
            elif step.rate and self._answer is not None:
                await self._engine.feedback(caller, Feedback(self._answer.message_id, step.rate, step.reason))
            elif step.by:
                await self._act(self._member(step.by), conversation_id, step)

    async def _ask(self, caller: "Caller", text: str) -> str:
        """Say something, and wait until it is answered, or nobody is to answer it now; the conversation's id."""
        from orchestrator.commands import Send
        from orchestrator.events import Accepted, Completed, InputRequired, Terminal
        from orchestrator.execution.follow import Follower

        told: asyncio.Queue[tuple[str, AnyEvent]] = asyncio.Queue()
        follower = Follower(self._engine, lambda envelope: told.put_nowait((envelope.conversation_id, envelope.event)))
        run_id = ""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await follower.send(caller, Send(text, "demo"))
                while True:
                    conversation_id, event = await told.get()
                    if isinstance(event, Accepted) and event.message == text:
                        run_id = event.run_id or ""
                        if not run_id:
                            return conversation_id
                    elif isinstance(event, Terminal | InputRequired) and event.run_id == run_id:
                        self._answer = event if isinstance(event, Completed) else self._answer
                        return conversation_id
        except TimeoutError:
            raise CommandFailed(f"There was no answer to {text!r} in {PATIENCE_S:g} seconds.") from None
        finally:
            follower.close()

    async def _act(self, member: "Member", conversation_id: str, step: Step) -> None:
        from orchestrator.audit.act import Act

        desk = self._desk
        if step.take:
            await desk.take(member, conversation_id)
        if step.reply:
            await desk.reply(member, conversation_id, step.reply, None)
        if step.note:
            await desk.note(member, conversation_id, step.note)
        if step.tags:
            await desk.tag(member, conversation_id, step.tags)
        if step.priority:
            await desk.prioritise(member, conversation_id, step.priority)
        if step.correct and self._answer is not None:
            message_id = self._answer.message_id
            act = Act(member, "case", conversation_id, {"message_id": message_id})
            await desk.store.freeze(act, message_id, step.correct, step.comment)
        if step.give_back:
            await desk.give_back(member, conversation_id, anybodys=False)
        if step.close:
            await desk.close(member, conversation_id)
