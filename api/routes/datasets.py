"""The datasets that questions can be asked about."""

import msgspec
from fastapi import APIRouter

from agents.dataset import ALL, Reader
from api.protocol.openapi import answers, parts
from api.routes.dependencies import State, Visitor

router = APIRouter(prefix="/api/v1", tags=["analysis"])


class Dataset(msgspec.Struct):
    """A dataset, by the name that questions choose it with."""

    name: str
    description: str


@router.get("/datasets", responses=answers(parts("Datasets", all=str, datasets=list[Dataset])))
async def datasets(state: State, visitor: Visitor) -> dict[str, object]:
    """The datasets that the caller may ask about, by name. `all` asks about every one of them."""
    source = state.resources.datasets
    datasets = await source.seen_by(Reader(visitor.role, visitor.user_id, visitor.email)).registered() if source else ()
    return {
        "all": ALL,
        "datasets": [{"name": dataset.name, "description": dataset.description} for dataset in datasets],
    }
