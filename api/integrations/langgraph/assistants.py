"""The specialists as the protocol's assistants: `pitcrew`, which routes, and each specialist by itself. Pure."""

import uuid
from collections.abc import Iterable
from typing import Any

from agents.specialist import Catalogue

PITCREW = "pitcrew"
DESCRIPTION = "Chooses the specialists that answer."
MADE_AT = "2026-01-01T00:00:00+00:00"
"""Assistants are made by nobody at no time; clients want a date."""
_NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "urn:pitcrew:assistants")
_MESSAGES = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": ["human", "ai"]},
            "content": {"type": "string"},
            "id": {"type": "string"},
        },
        "required": ["type", "content"],
    },
}
_STATE = {"title": "State", "type": "object", "properties": {"messages": _MESSAGES}, "required": ["messages"]}
_CONTEXT = {
    "title": "Context",
    "type": "object",
    "properties": {
        "dataset": {"type": "string", "description": "The dataset that figures are to come from; absent: all."},
        "timezone": {"type": "string", "description": "The customer's time zone (IANA), such as Europe/Berlin."},
        "passages": {"type": "boolean", "description": "Whether passages are wanted before every answer."},
        "prose": {"type": "boolean", "description": "False: facts and passages as they stand, without a model."},
    },
}


def assistant_id(name: str) -> str:
    """The UUID of the assistant of this name, the same everywhere."""
    return str(uuid.uuid5(_NAMES, name))


def assistants(specialists: Catalogue) -> dict[str, dict[str, Any]]:
    """The assistants of somebody to whom these specialists are open, by name."""
    described = {PITCREW: DESCRIPTION} | {specialist.name: specialist.description for specialist in specialists}
    subjects = {specialist.name: list(specialist.knowledge) for specialist in specialists}
    return {
        name: {
            "assistant_id": assistant_id(name),
            "graph_id": name,
            "name": name,
            "description": description,
            "config": {},
            "context": {},
            "metadata": {"created_by": "system", "subjects": subjects.get(name, [])},
            "version": 1,
            "created_at": MADE_AT,
            "updated_at": MADE_AT,
        }
        for name, description in described.items()
    }


def named(name_or_id: str, specialists: Catalogue) -> str | None:
    """The name of the assistant that is meant, by its name or its UUID; None where there is none."""
    return next((name for name in assistants(specialists) if name_or_id in (name, assistant_id(name))), None)


def schemas(name: str) -> dict[str, Any]:
    """What goes in and comes out, as JSON Schema."""
    return {
        "graph_id": name,
        "input_schema": _STATE,
        "output_schema": _STATE,
        "state_schema": _STATE,
        "config_schema": _CONTEXT,
        "context_schema": _CONTEXT,
    }


def graph(specialists: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """The graph that answers, drawn with these specialists."""
    names = list(specialists)
    edges = [
        *[("__start__", "classify", False), ("classify", "retrieve", True), ("classify", "reply", True)],
        *[("reply", "merge", False), ("retrieve", "remember", True), ("remember", "__end__", False)],
        *[("retrieve", name, True) for name in names],
        *[(name, "merge", False) for name in names],
        *[("merge", "retrieve", True), ("merge", "__end__", True)],
    ]
    nodes = ["__start__", "classify", "retrieve", "reply", "remember", *names, "merge", "__end__"]
    return {
        "nodes": [
            {"id": name, "type": "schema", "data": name}
            if name.startswith("__")
            else {"id": name, "type": "runnable", "data": {"id": ["langgraph", name], "name": name}}
            for name in nodes
        ],
        "edges": [
            {"source": source, "target": target} | ({"conditional": True} if conditional else {})
            for source, target, conditional in edges
        ],
    }
