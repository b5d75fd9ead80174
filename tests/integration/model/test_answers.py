"""A chat model answers from its passages, streamed over a real connection."""

import asyncio
from dataclasses import replace

from agents.chat.answerer import ChatModelAnswerer
from agents.chat.prompt import DECLINED
from agents.models.failover import Budget
from agents.models.metering import CHARACTERS_PER_TOKEN
from agents.types import Task
from tests.integration.model.asking import OIL, PASSAGES, Build, BuildModel, collect
from tests.model_server.running import Control


async def test_answers_with_citations_offsets_and_usage(answerer: Build) -> None:
    text, end = await collect(answerer("scripted"))
    assert text == "The engine takes 4.5 litres of 5W-30 oil [2]."
    (citation,) = end.citations
    assert (citation.number, citation.passage) == (2, PASSAGES[1])
    chunk = PASSAGES[1].chunk
    evidence = chunk.text[citation.start - chunk.start : citation.end - chunk.start]
    assert evidence == "The engine takes 4.5 litres of 5W-30 oil."
    assert not end.declined
    assert not end.truncated
    assert end.usage.model == "openai:scripted"
    assert end.usage.input_tokens > 100
    assert end.usage.output_tokens == len(text.split())


async def test_its_numbers_start_where_the_task_says(answerer: Build) -> None:
    text, end = await collect(answerer("scripted"), replace(OIL, first_number=6))
    assert text.endswith("[7].")
    assert [(citation.number, citation.passage) for citation in end.citations] == [(7, PASSAGES[1])]


async def test_declines_what_the_passages_do_not_hold(answerer: Build) -> None:
    text, end = await collect(answerer("scripted"), Task("Who won the football cup?", "", PASSAGES))
    assert text == DECLINED
    assert end.declined
    assert end.citations == ()


async def test_without_passages_it_declines_without_a_call(answerer: Build, provider: Control) -> None:
    text, end = await collect(answerer("scripted"), Task("How much oil?", "", ()))
    assert text == DECLINED
    assert end.declined
    assert provider.stats()["requests"] == 0


async def test_a_length_finish_is_a_truncated_answer(answerer: Build) -> None:
    text, end = await collect(answerer("fault-length-4"))
    assert text == "The engine takes 4.5"
    assert end.truncated


async def test_the_output_limit_is_sent_by_the_providers_name_for_it(models: BuildModel, provider: Control) -> None:
    for by, name in (("openai", "max_completion_tokens"), ("deepseek", "max_tokens")):
        _, end = await collect(ChatModelAnswerer([models("script-20tok", by)], Budget(max_tokens=5)))
        assert end.truncated
        assert provider.requests()[-1][name] == 5


async def test_no_more_is_written_than_the_task_allows(answerer: Build) -> None:
    whole, end = await collect(answerer("script-20tok"))
    assert not end.truncated
    brief, end = await collect(answerer("script-20tok"), replace(OIL, max_tokens=5))
    assert whole.startswith(brief)
    assert 0 < len(brief) <= 5 * CHARACTERS_PER_TOKEN
    assert end.truncated
    _, end = await collect(answerer("script-20tok"), replace(OIL, max_tokens=10**9))
    assert not end.truncated


async def test_many_answers_at_once_share_the_clients(answerer: Build, provider: Control) -> None:
    answering = answerer("script-30tok-2ms", budget=Budget())
    answers = await asyncio.gather(*(collect(answering) for _ in range(40)))
    assert len({text for text, _ in answers}) == 1
    assert provider.stats()["requests"] == 40
