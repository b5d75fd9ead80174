"""Tools of every specialist: pass a question on to a colleague, or leave it to a person."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, create_model

from agents.tool import Arguments, PassOn, Result, Tool

if TYPE_CHECKING:
    from agents.context import ToolContext

MOST_CHARACTERS = 2_000


class HandToPerson(Arguments):
    reason: str = Field(description="Why a person is needed, in one sentence.", min_length=1, max_length=500)


async def _hand_to_person(request: HandToPerson, context: "ToolContext") -> Result:
    return Result({"reason": request.reason}, person=request.reason)


HAND_TO_PERSON = Tool(
    "hand_to_person",
    "Leave the question to a person: the customer asks for one, is in danger, or nothing here can help. Say in your "
    "answer what the person will help with before you call this; it ends the answer.",
    HandToPerson,
    _hand_to_person,
)


@lru_cache(maxsize=64)
def handover(colleagues: tuple[tuple[str, str], ...]) -> tuple[Tool[Any], ...]:
    """The tools for a specialist whose caller may also be answered by `colleagues`: each one's name and what it is for.

    The caller's rights are in that list: a name that is not on it is no argument."""
    if not colleagues:
        return (HAND_TO_PERSON,)
    chosen: Any = Literal[tuple(name for name, _ in colleagues)]
    listed = " ".join(f"{name}: {description}" for name, description in colleagues)

    async def run(request: Any, context: "ToolContext") -> Result:
        findings = {"summary": request.findings} if request.findings else {}
        return Result(
            {"specialist": request.specialist}, pass_on=PassOn(request.specialist, request.question, findings)
        )

    arguments: type[Arguments] = create_model(
        "PassQuestionOn",
        __base__=Arguments,
        specialist=(chosen, Field(description="Who is to answer.")),
        question=(
            str,
            Field(
                description="The question as it stands alone, in the customer's language.",
                min_length=1,
                max_length=MOST_CHARACTERS,
            ),
        ),
        findings=(str, Field("", description="What you have found out so far.", max_length=MOST_CHARACTERS)),
    )
    described = (
        "Pass the question on to a colleague, where it is not for you or needs them next. The customer sees one "
        f"conversation; this ends your part of it. {listed}"
    )
    return (Tool("pass_on", described, arguments, run), HAND_TO_PERSON)
