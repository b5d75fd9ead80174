"""The scripted model server speaks the OpenAI API on a real socket, as the official client understands it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import openai
import pytest

from tests.model_server.faults import BEFORE, MIDWAY, WHOLE, named_fault
from tests.model_server.running import Control, running_model_server
from tests.model_server.script import parse_script

RULES = 'Answer from the passages. If they do not hold it, begin with "Not in here."'
PASSAGES = """<passage number="1" title="Tyres">
The tyre pressure is 2.4 bar. Check it on cold tyres.
</passage>
<passage number="2" title="Oil">
The engine takes 4.5 litres of 5W-30 oil. The drain plug needs 30 Nm &amp; a new washer.
</passage>"""


def prompt(question: str) -> Any:
    return [
        {"role": "system", "content": RULES},
        {"role": "user", "content": f"{PASSAGES}\nQuestion: {question}"},
    ]


@pytest.fixture(scope="module")
def running() -> Iterator[Control]:
    with running_model_server() as control:
        yield control


@pytest.fixture
def server(running: Control) -> Control:
    running.reset()
    return running


@pytest.fixture
async def client(server: Control) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=server.base_url, api_key="any", max_retries=0) as made:
        yield made


async def said(client: openai.AsyncOpenAI, **wanted: Any) -> str:
    completion = await client.chat.completions.create(**{"model": "scripted", **wanted})
    return str(completion.choices[0].message.content)


async def test_answers_from_the_passage_that_fits_and_cites_it(client: openai.AsyncOpenAI) -> None:
    oil = await said(client, messages=prompt("How much oil does the engine take?"))
    tyres = await said(client, messages=prompt("What is the right tyre pressure?"))
    assert oil == "The engine takes 4.5 litres of 5W-30 oil [2]."
    assert tyres.startswith("The tyre pressure is 2.4 bar [1].")


async def test_unescapes_what_the_prompt_escaped(client: openai.AsyncOpenAI) -> None:
    assert "30 Nm & a new washer" in await said(client, messages=prompt("What does the drain plug need?"))


LOOK_UP: Any = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}


async def test_obeys_what_it_reads_turn_by_turn(server: Control, client: openai.AsyncOpenAI) -> None:
    call = {"name": "look_up", "arguments": {"of": "{secret|upper}", "long": "{a*3}"}}
    server.obey({"when": "order 17", "turns": [{"calls": [call]}, {"say": "Then {tool} and {tool|start}."}]})
    messages: list[Any] = [{"role": "system", "content": "Number 0123456789abcdef."}, *prompt("order 17")]
    completion = await client.chat.completions.create(model="scripted", messages=messages, tools=[LOOK_UP])
    (choice,) = completion.choices
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls is not None
    (made,) = choice.message.tool_calls
    assert made.type == "function"
    assert json.loads(made.function.arguments)["long"] == "aaa"
    messages += [choice.message, {"role": "tool", "tool_call_id": made.id, "content": '{"starts_at":"today"}'}]
    assert await said(client, messages=messages) == 'Then {"starts_at":"today"} and today.'
    assert await said(client, messages=[*messages, {"role": "assistant", "content": ""}]) == "Not in here."
    assert (await said(client, messages=prompt("What is the right tyre pressure?"))).startswith("The tyre pressure")


@pytest.mark.parametrize(("loop", "last"), [(True, "Again."), (False, "Not in here.")])
async def test_obeys_for_ever_where_it_is_told_to(
    server: Control, client: openai.AsyncOpenAI, loop: bool, last: str
) -> None:
    server.obey({"when": "order 17", "turns": [{"say": "Again."}], "loop": loop})
    messages = [*prompt("order 17"), {"role": "assistant", "content": "Again."}]
    assert await said(client, messages=messages) == last


async def test_obeys_nobody_where_a_schema_is_to_be_filled(server: Control, client: openai.AsyncOpenAI) -> None:
    server.obey({"when": "", "turns": [{"say": "I obey."}]})
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object", "properties": {}}}}
    assert await said(client, messages=prompt("order 17"), response_format=form) == "{}"


async def test_declines_in_the_words_the_prompt_asks_for(client: openai.AsyncOpenAI) -> None:
    assert await said(client, messages=prompt("Who won the football cup?")) == "Not in here."


async def test_streams_the_same_text_with_role_finish_and_usage(client: openai.AsyncOpenAI) -> None:
    messages = prompt("How much oil does the engine take?")
    stream = await client.chat.completions.create(
        model="scripted", messages=messages, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == await said(client, messages=messages)
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == len(text.split())


async def test_a_token_limit_ends_the_answer(client: openai.AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(model="script-50tok", messages=[], stream=True, max_tokens=7)
    chunks = [chunk async for chunk in stream]
    assert sum(bool(chunk.choices[0].delta.content) for chunk in chunks) == 7
    assert chunks[-1].choices[0].finish_reason == "length"


async def test_fills_a_schema_by_what_the_rules_say_of_its_values(client: openai.AsyncOpenAI) -> None:
    rules = "- workshop: oil, brakes, service\n- showroom: prices, colours\n- other: anything else"
    schema = {
        "type": "object",
        "properties": {"desk": {"$ref": "#/$defs/desk"}, "sure": {"type": "number", "maximum": 1}},
        "$defs": {"desk": {"type": "string", "enum": ["workshop", "showroom", "other"]}},
    }

    async def filled(question: str) -> dict[str, Any]:
        messages = [{"role": "system", "content": rules}, {"role": "user", "content": f"Question: {question}"}]
        wanted = {"type": "json_schema", "json_schema": {"name": "desk", "schema": schema}}
        return dict(json.loads(await said(client, messages=messages, response_format=wanted)))

    assert await filled("Which colours are there?") == {"desk": "showroom", "sure": 1}
    assert (await filled("My brakes squeal"))["desk"] == "workshop"
    assert (await filled("Sing a song"))["desk"] == "other"


@pytest.mark.parametrize("streamed", [False, True])
async def test_calls_a_forced_tool_with_valid_arguments(client: openai.AsyncOpenAI, streamed: bool) -> None:
    parameters = {"type": "object", "properties": {"part": {"type": "string"}}}
    wanted: dict[str, Any] = {
        "model": "scripted",
        "messages": [{"role": "user", "content": "Question: oil filter"}],
        "tools": [{"type": "function", "function": {"name": "look_up", "parameters": parameters}}],
        "tool_choice": {"type": "function", "function": {"name": "look_up"}},
    }
    if streamed:
        stream = await client.chat.completions.create(**wanted, stream=True)
        chunks = [chunk.choices[0] async for chunk in stream]
        parts = [chunk.delta.tool_calls[0].function for chunk in chunks if chunk.delta.tool_calls]
        name, arguments = parts[0].name, "".join(part.arguments for part in parts)
        assert chunks[-1].finish_reason == "tool_calls"
    else:
        completion = await client.chat.completions.create(**wanted)
        call = completion.choices[0].message.tool_calls[0].function
        name, arguments = call.name, call.arguments
        assert completion.choices[0].finish_reason == "tool_calls"
    assert name == "look_up"
    assert json.loads(arguments) == {"part": "oil filter"}


async def test_keeps_the_pace_of_the_script(client: openai.AsyncOpenAI) -> None:
    began = time.monotonic()
    stream = await client.chat.completions.create(model="script-8tok-20ms-ttft100-burst2", messages=[], stream=True)
    times = [time.monotonic() - began async for chunk in stream if chunk.choices[0].delta.content]
    assert len(times) == 8
    assert times[0] >= 0.1
    assert times[-1] >= 0.1 + 3 * 0.02
    assert parse_script("script-8tok-20ms-ttft100-burst2").burst == 2


async def test_embeds_texts_that_share_words_near_each_other(client: openai.AsyncOpenAI) -> None:
    answer = await client.embeddings.create(model="hashed", input=["engine oil level", "the engine oil", "blue paint"])
    first, near, far = (item.embedding for item in answer.data)
    assert sum(a * a for a in first) == pytest.approx(1, abs=1e-4)

    def likeness(other: list[float]) -> float:
        return sum(a * b for a, b in zip(first, other, strict=True))

    assert likeness(near) > likeness(far)


async def test_lists_models_and_remembers_requests(client: openai.AsyncOpenAI, server: Control) -> None:
    assert [model.id async for model in client.models.list()] == ["scripted"]
    await said(client, messages=prompt("oil"), temperature=0.5)
    assert server.stats() == {"requests": 1, "open": 0, "aborted": 0, "embeddings": 0}
    assert server.requests()[0]["temperature"] == 0.5


async def test_faults_come_in_the_order_asked_for_and_then_end(client: openai.AsyncOpenAI, server: Control) -> None:
    server.script({"kind": "status", "status": 429, "retry_after": "7"}, None, {"kind": "reset"})
    with pytest.raises(openai.RateLimitError) as refused:
        await said(client, messages=prompt("oil"))
    assert refused.value.response.headers["retry-after"] == "7"
    await said(client, messages=prompt("oil"))
    with pytest.raises(openai.APIConnectionError):
        await said(client, messages=prompt("oil"))
    await said(client, messages=prompt("oil"))


async def test_a_client_that_leaves_is_counted_as_aborted(client: openai.AsyncOpenAI, server: Control) -> None:
    stream = await client.chat.completions.create(model="fault-endless", messages=[], stream=True)
    async for _ in stream:
        break
    await stream.close()
    await asyncio.to_thread(server.wait_until, open=0, aborted=1)


async def test_a_refusal_repeats_the_key_as_providers_do(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.AuthenticationError, match="API key: Bearer any"):
        await said(client, model="fault-status-401", messages=[])


async def test_a_bad_request_is_told_so(client: openai.AsyncOpenAI, server: Control) -> None:
    with pytest.raises(openai.BadRequestError):
        await said(client, model="fault-nonsense", messages=[])
    with pytest.raises(openai.NotFoundError):
        await client.files.list()


def test_every_fault_can_be_asked_for_by_a_name() -> None:
    for kind in BEFORE | MIDWAY | WHOLE:
        fault = named_fault(f"fault-{kind}-5")
        assert fault is not None
        assert fault.kind == kind
    assert named_fault("scripted") is None
