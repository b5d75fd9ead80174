"""Charts as pictures, for pages and programs that cannot draw one themselves."""

from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.access.auth import payer
from api.export.charts import SPEC_BYTES, Charts
from api.protocol.openapi import streamed
from api.routes.dependencies import State, Visitor, read_text

router = APIRouter(prefix="/api/v1", tags=["analysis"])

CHARTS = Charts()
HEADERS = {
    # Should a browser show it as a page of its own, nothing in it runs or loads.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}
SPEC: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "description": "A Vega-Lite specification, such as the `figure` of an analysis.",
            },
            "example": {
                "data": {"values": [{"model": "A", "incidents": 28}, {"model": "B", "incidents": 55}]},
                "mark": "bar",
                "encoding": {
                    "x": {"field": "model", "type": "nominal"},
                    "y": {"field": "incidents", "type": "quantitative"},
                },
            },
        }
    },
}
PICTURE = streamed("image/svg+xml", "The chart.")


@router.post("/charts", response_class=Response, responses=PICTURE, openapi_extra={"requestBody": SPEC})
async def chart(
    request: Request, state: State, visitor: Visitor, theme: Literal["light", "dark"] = "light"
) -> Response:
    """The chart of a Vega-Lite specification that holds its data, as SVG."""
    spec = await read_text(request, SPEC_BYTES)
    pays = payer(visitor, request.client.host if request.client else None)
    await state.gateway.rates.chart(pays)
    svg = await CHARTS.draw(spec, pays, dark=theme == "dark")
    return Response(svg, media_type="image/svg+xml", headers=HEADERS)
