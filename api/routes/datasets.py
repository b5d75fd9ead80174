"""The datasets that questions can be asked about."""

from fastapi import APIRouter

from agents.dataset import ALL
from api.routes.dependencies import State, Visitor

router = APIRouter(prefix="/api/v1", tags=["analysis"])


@router.get("/datasets")
async def datasets(state: State, _visitor: Visitor) -> dict[str, object]:
    """The registered datasets, by name. `all` asks about every one of them."""
    source = state.resources.datasets
    datasets = await source.registered() if source else ()
    return {
        "all": ALL,
        "datasets": [{"name": dataset.name, "description": dataset.description} for dataset in datasets],
    }
