"""The specialists that a question can be put to by name."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query

from agents.specialist import open_to
from api.protocol.openapi import answers, parts
from api.routes.dependencies import State, Visitor

router = APIRouter(prefix="/api/v1", tags=["chat"])


class Specialist(msgspec.Struct):
    """A specialist: what you ask for, and what people are shown."""

    name: str
    label: str
    description: str


@router.get("/agents", responses=answers(parts("Specialists", agents=list[Specialist])))
async def agents(
    state: State,
    visitor: Visitor,
    dialect: Annotated[str, Query(max_length=64)] = "",
    wire: Annotated[str, Query(max_length=64, deprecated=True)] = "",
) -> dict[str, list[dict[str, str]]]:
    """The specialists that are open to you over a dialect such as `reasoning` or `analysis` or, unnamed, over
    `/ws/chat`. `wire` is an older name of `dialect`."""
    opened = open_to(state.gateway.engine.catalogue, visitor.role, dialect or wire)
    return {
        "agents": [
            {"name": specialist.name, "label": specialist.label, "description": specialist.description}
            for specialist in opened
        ]
    }
