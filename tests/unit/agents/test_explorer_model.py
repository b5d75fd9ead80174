"""The explorer with a chat model: the same tools, called by the model; the diagram comes from the tool, not from it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from agents.chat.answerer import ChatModelAnswerer
from agents.model import ToolCall, ToolCalls
from agents.models.failover import Budget
from agents.specialist import CUSTOMER, STAFF, open_to
from agents.specialists import catalogue
from agents.specialists.explorer import SPECIALIST
from agents.types import Answered, Drawn, Task, ToolReturned, ToolUsed
from tests.tool_contexts import Told, case, context
from tests.unit.agents.explorer.er_language import read
from tests.unit.agents.scripted_model import ScriptedModel
from tests.unit.agents.tabled import FLEET, resources

QUESTION = "Show relationships between fact_incidents and suppliers"


def wants(tool: str, arguments: Mapping[str, Any]) -> ToolCalls:
    return ToolCalls((ToolCall("call_1", tool, dict(arguments)),))


async def answer(*script: Any) -> tuple[str, Answered, Told, ScriptedModel]:
    model = ScriptedModel(*script)
    desk, told = context(resources(*FLEET), case(QUESTION))
    guidance = "\n\n".join([SPECIALIST.instructions, *(skill.guidance for skill in SPECIALIST.skills)])
    tools = tuple(tool for skill in SPECIALIST.skills for tool in skill.tools)
    task = Task(QUESTION, guidance, (), tools=tools, context=desk)
    said, ended = [], Answered()
    answerer = ChatModelAnswerer([model], Budget(backoff=0.001))
    async for output in answerer.answer(task):
        if isinstance(output, str):
            said.append(output)
        else:
            ended = output
    await answerer.aclose()
    return "".join(said), ended, told, model


async def test_the_model_calls_the_tools_and_the_diagram_is_drawn() -> None:
    text, ended, told, model = await answer(
        [wants("list_tables", {"about": "suppliers"})],
        [wants("find_relationships", {"tables": ["fact_incidents", "dim_suppliers"]})],
        ["`fact_incidents` and `dim_suppliers` are related over `dim_parts` and `fact_purchase_orders`."],
    )
    assert text.startswith("`fact_incidents` and `dim_suppliers` are related")
    assert not ended.declined
    assert [one.tool for one in told.outputs if isinstance(one, ToolUsed)] == ["list_tables", "find_relationships"]
    assert all(one.ok for one in told.outputs if isinstance(one, ToolReturned))
    (drawn,) = (one for one in told.outputs if isinstance(one, Drawn))
    assert len(read(drawn.diagram)[1]) == 3
    assert model.offered[0] == ("list_tables", "describe_table", "find_relationships", "find_columns")
    assert "never guess a name" in model.heard[0][0].text
    sent = msgspec.json.decode(model.heard[-1][-1].text)["result"]["relations"]
    assert {(one["table"], one["refers_to"], one["declared"]) for one in sent} == {
        ("fact_incidents", "dim_parts", False),
        ("fact_purchase_orders", "dim_parts", False),
        ("fact_purchase_orders", "dim_suppliers", True),
    }


async def test_a_name_that_the_model_made_up_comes_back_with_what_there_is() -> None:
    _, _, told, model = await answer(
        [wants("describe_table", {"table": "incidents_2026"})],
        ["There is no such table; `fact_incidents` comes closest."],
    )
    (returned,) = (one for one in told.outputs if isinstance(one, ToolReturned))
    assert not returned.ok
    assert "'fact_incidents'" in msgspec.json.decode(model.heard[-1][-1].text)["error"]


def test_it_is_for_staff_and_for_its_own_wire() -> None:
    everyone = catalogue()
    assert SPECIALIST in everyone
    assert SPECIALIST in open_to(everyone, STAFF)
    assert SPECIALIST in open_to(everyone, CUSTOMER, "explorer")
    assert SPECIALIST not in open_to(everyone, CUSTOMER)
    assert SPECIALIST not in open_to(everyone, CUSTOMER, "query")
