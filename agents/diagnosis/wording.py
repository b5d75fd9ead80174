"""What guided diagnosis says: from what its tools gave back, with the markers of their rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from agents.diagnosis.danger import Kind
from agents.diagnosis.note import Progress
from agents.diagnosis.safety import advice, call
from agents.vehicles.applicability import Fitment

OFFER = "Shall I look for an appointment?"
DID_IT_HELP = "Did that help?"
WHICH_VEHICLE = "Which model is it, and of which model year?"
START_OVER = "All right, from the beginning."
CLOSED = "All right. If anything else is wrong with it, just tell me."
GLAD = "Good, I am glad that it is solved. If it comes back, just tell me."
LATER = "No hurry. Tell me how it went when you have tried it."
NO_APPOINTMENT = "All right, no appointment then. If you change your mind, just say so."
UNAVAILABLE = "I cannot look that up at the moment. Please ask me again in a while."
_GO_ON = {
    "may_drive_on": {
        "yes": "You may drive on.",
        "no": "Do not drive on.",
        "limited": "You may drive on only to a limited extent.",
        "": "Driving on: {}.",
    },
    "may_use_on": {
        "yes": "You may go on using it.",
        "no": "Do not go on using it.",
        "limited": "You may go on using it only to a limited extent.",
        "": "Going on using it: {}.",
    },
}
_PASSED_ON = "I will look for an appointment: {work}."


def code(value: Mapping[str, Any], marker: int) -> str:
    """One code with its rows; whether one may go on stands first."""
    if not value["known"]:
        return (
            f"The trouble code {value['code']} is in none of our documents, so I cannot say what it means. A service "
            "partner can look it up."
        )
    return "\n\n".join(_code_row(value["code"], row, marker + at) for at, row in enumerate(value["rows"]))


def _code_row(name: str, row: Mapping[str, Any], marker: int) -> str:
    said = [f"**{name}**: {row['meaning'] or 'no meaning is given'}."]
    if row["likely_cause"]:
        said.append(f"Likely cause: {row['likely_cause']}.")
    if row["what_to_do"]:
        said.append(f"What to do: {row['what_to_do'].rstrip('.')}.")
    text = f"{' '.join(said)} [{marker}]"
    if row["applies_to_the_vehicle"] is False:
        text += f"\n\nThis entry is for: {row['applies_to']} [{marker}]. It does not list your model."
    return f"{go_on(row, marker)}{text}"


def go_on(row: Mapping[str, Any], marker: int) -> str:
    """Whether one may drive on or go on using it, as a sentence with its marker and a blank; "" if it is not said."""
    said = ((words, row.get(name, "").strip()) for name, words in _GO_ON.items())
    spoken = "".join(words.get(may.casefold()) or words[""].format(may) for words, may in said if may)
    return f"{spoken[:-1]} [{marker}]. " if spoken else ""


def begun(value: Mapping[str, Any], marker: int) -> str:
    """What to do first, and the likely causes."""
    causes = [
        f"{at}. {item['cause']}{_of(item['applies_to'])} [{marker + at - 1}]"
        for at, item in enumerate(value["causes"], start=1)
    ]
    listed = ["Likely causes, the likeliest first:", "\n".join(causes)] if causes else []
    return joined([do_first(value, marker), *listed])


def do_first(value: Mapping[str, Any], marker: int) -> str:
    """What comes before any check; its row is cited behind those of the causes."""
    return sentence(value["do_first"], marker + len(value["causes"])) if value["do_first"] else ""


def _of(vehicles: str) -> str:
    return f" ({vehicles})" if vehicles else ""


def sentence(text: str, marker: int) -> str:
    """A text with its marker before the full stop of each sentence, so that each can be checked by itself."""
    parts = [part.strip() for part in text.replace(". ", ".\n").split("\n") if part.strip()]
    return " ".join(f"{part.rstrip('.')} [{marker}]." for part in parts)


def concluded(value: Mapping[str, Any], marker: int) -> str:
    """The cause, whether one may go on, and what to do."""
    may = "" if value["may_drive_on"] == "yes" else go_on(value, marker)
    lead = "That points to" if value["sure"] else "The likeliest of what is left is"
    return f"{may}{lead}: {value['cause']} [{marker}]. {sentence(value['what_to_do'], marker)}"


def numbers(telephone: Mapping[str, str], marker: int) -> str:
    """Whom to call, one line each."""
    return "\n".join(
        f"- {name.capitalize()}: **{number}** [{marker + at}]" for at, (name, number) in enumerate(telephone.items())
    )


def in_danger(value: Mapping[str, Any], marker: int) -> str:
    """The first sentence, what the documents order, and whom to call."""
    said = value["documents_say"]
    orders = "\n".join(f"- {text.rstrip('.')} [{marker + at}]." for at, text in enumerate(said))
    calls = numbers(value["telephone"], marker + len(said))
    return joined([f"**{value['say_first']}**", value["call"], calls, orders])


def danger_alone(kind: Kind) -> str:
    """What is said where nothing can be looked up."""
    advised = advice(kind, driving=False)
    return f"**{advised.first}**\n\n{call(advised, (), driving=False)}"


def summary(progress: Progress, fitment: Fitment) -> str:
    """What was found, for the customer and whoever goes on."""
    done = [f"{name}: {answer}" for name, answer in progress.answers.items() if answer != "unknown"]
    about = "" if progress.cars == progress.symptom.cars else f" ({fitment.name(progress.cars)})"
    checked = f"; checked so far: {'; '.join(done)}" if done else ""
    codes = f"; codes: {', '.join(progress.codes)}" if progress.codes else ""
    return f"{progress.symptom.name}{about}{checked}{codes}"


def nobody_fits(progress: Progress, fitment: Fitment, telephone: Mapping[str, str], marker: int) -> str:
    calls = numbers(telephone, marker)
    call = f"\n\n{calls}" if calls else ""
    return (
        "None of the usual causes fits, so a person should look at it. Please call, and say what we found: "
        f"{summary(progress, fitment)}.{call}"
    )


def passed_on(work: str) -> str:
    return _PASSED_ON.format(work=work)


def joined(parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in parts if part)
