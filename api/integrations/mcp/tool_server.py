"""The server that programs of the Model Context Protocol talk to, by the official SDK."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from inspect import cleandoc
from typing import Annotated

from mcp.server import MCPServer
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from msgspec import to_builtins
from pydantic import AnyHttpUrl, Field

from api.integrations.mcp.backend import Expert, FoundPassage, Knowing, Listed, Said, Tell, Unanswerable
from api.integrations.mcp.token_check import OF_STAFF, TokenCheck
from api.version import product_version

INSTRUCTIONS = (
    "Pitcrew answers questions about a vehicle maker's products from its documents and data, with sources. Use `ask` "
    "for a question in plain words, and `search` for the passages themselves. Keep the markers such as [1] with their "
    "citations when you quote an answer."
)
MOST_PASSAGES = 50
READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
ACTS = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=False)
ACTING = (
    " The assistant may offer to book, move or cancel something for the person whose token this is. It does so only "
    "when the offer is accepted: with a `yes` as the next question of the same session_id."
)

Lifespan = Callable[[MCPServer[Knowing]], AbstractAsyncContextManager[Knowing]]


def build_server(
    lifespan: Lifespan, *, acts: bool, tokens: TokenCheck | None = None, address: str = ""
) -> MCPServer[Knowing]:
    """The server; `lifespan` opens who knows the answers. `acts`: what they propose is done when it is accepted, for
    whoever asks; otherwise they are told what the operator may know. `tokens` says who may use it at its `address`,
    where that is the staff alone; None where it is used by the one program that has started it."""
    server: MCPServer[Knowing] = MCPServer(
        "pitcrew",
        title="Pitcrew",
        instructions=INSTRUCTIONS,
        version=product_version(),
        lifespan=lifespan,
        log_level="WARNING",
        token_verifier=tokens,
        auth=_signing_in(address, [] if acts else [OF_STAFF]) if tokens is not None else None,
    )
    server.add_tool(search, annotations=READS)
    described = cleandoc(ask.__doc__ or "")
    server.add_tool(ask, description=described + ACTING * acts, annotations=ACTS if acts else READS)
    server.add_tool(list_specialists, annotations=READS)
    server.add_tool(list_documents, annotations=READS)
    server.resource(
        "pitcrew://documents/{+document_id}",
        title="Document",
        description="The text of one document, by its id.",
        mime_type="text/plain",
    )(document)
    return server


def _signing_in(address: str, scopes: list[str]) -> AuthSettings:
    return AuthSettings(issuer_url=AnyHttpUrl(address), resource_server_url=None, required_scopes=scopes)


def _knowing(context: Context[Knowing]) -> Knowing:
    return context.request_context.lifespan_context


async def search(
    query: Annotated[str, Field(description="What to look for, in plain words.", min_length=1, max_length=8000)],
    context: Context[Knowing],
    k: Annotated[int, Field(description="The most passages to give.", ge=1, le=MOST_PASSAGES)] = 5,
    subject: Annotated[str | None, Field(description="Only documents of this subject; see list_specialists.")] = None,
) -> list[FoundPassage]:
    """Search the knowledge base: the passages that bear on the query, best first, with their documents and scores."""
    try:
        return await _knowing(context).search(query, k, subject)
    except Unanswerable as error:
        raise ToolError(str(error)) from error


async def ask(
    question: Annotated[str, Field(description="The question, in plain words.", min_length=1, max_length=8000)],
    context: Context[Knowing],
    agent: Annotated[
        str | None, Field(description="The specialist that is to answer; absent: the router's choice.")
    ] = None,
    dataset: Annotated[str | None, Field(description="The dataset that figures are to come from; absent: all.")] = None,
    session_id: Annotated[
        str | None, Field(description="That of an earlier answer, to go on with its conversation.", max_length=128)
    ] = None,
) -> Annotated[CallToolResult, Said]:
    """Ask a question and get an answer with its sources. Markers such as [1] stand for the citations."""
    try:
        answer = await _knowing(context).ask(question, agent, dataset, session_id, _progress(context))
    except Unanswerable as error:
        raise ToolError(str(error)) from error
    text = TextContent(type="text", text=worded(answer))
    return CallToolResult(content=[text], structured_content=to_builtins(answer))


async def list_specialists(context: Context[Knowing]) -> list[Expert]:
    """The specialists that can be asked by name, what they are for, and the subjects that they read."""
    try:
        return await _knowing(context).specialists()
    except Unanswerable as error:
        raise ToolError(str(error)) from error


async def list_documents(context: Context[Knowing]) -> list[Listed]:
    """The documents by id, title and subject; `pitcrew://documents/<id>` is the text of one."""
    try:
        return await _knowing(context).documents()
    except Unanswerable as error:
        raise ToolError(str(error)) from error


async def document(document_id: str, context: Context[Knowing]) -> str:
    try:
        text = await _knowing(context).document(document_id)
    except Unanswerable as error:
        raise ResourceError(str(error)) from error
    if text is None:
        raise ResourceNotFoundError(f"There is no document {document_id!r}: list_documents knows them all.")
    return text


def _progress(context: Context[Knowing]) -> Tell:
    """Progress notifications, for a client that asked for them."""
    done = 0

    async def tell(message: str) -> None:
        nonlocal done
        done += 1
        await context.report_progress(done, message=message)

    return tell


def worded(answer: Said) -> str:
    """An answer as text: what was said, then its sources by their markers."""
    lines = [answer.answer]
    if answer.diagram:
        lines += ["", "```mermaid", answer.diagram.rstrip(), "```"]
    if answer.citations:
        lines += ["", "Sources:"]
    for citation in answer.citations:
        page = f", page {citation.page}" if citation.page else ""
        lines.append(f"[{citation.number}] {citation.title} ({citation.source}{page})")
    if answer.asks:
        lines += ["", "Nothing was done yet."]
    return "\n".join(lines)
