"""LangGraph's own server protocol over our engine: what `langgraph_sdk` and the clients built on it speak.

Point them at `/langgraph`: `get_client(url="http://127.0.0.1:8000/langgraph", api_key=TOKEN)`.
"""

from fastapi import APIRouter

from api.integrations.langgraph.routes import assistants, commands, runs, streams, threads, unsupported

router = APIRouter(prefix="/langgraph", include_in_schema=False)
for module in (assistants, threads, runs, commands, streams, unsupported):
    router.include_router(module.router)
