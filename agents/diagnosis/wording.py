"""What guided diagnosis says: from what its tools gave back, with the markers of their rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from agents.diagnosis.danger import Kind
from agents.diagnosis.note import Progress
from agents.diagnosis.safety import ADVICE
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
_DRIVE = {
    "yes": "You may drive on.",
    "no": "Do not drive on.",
    "limited": "You may drive on only to a limited extent.",
}
_PASSED_ON = "I will look for an appointment: {work}."


def code(value: Mapping[str, Any], marker: int) -> str:
    """One code with its rows; whether one may drive on stands first."""
    if not value["known"]:
        return (
            f"The trouble code {value['code']} is in none of our documents, so I cannot say what it means. A workshop "
            "can read it out and look it up."
        )
    return "\n\n".join(_code_row(value["code"], row, marker + at) for at, row in enumerate(value["rows"]))


def _code_row(name: str, row: Mapping[str, Any], marker: int) -> str:
    said = [f"**{name}**: {row['meaning'] or 'no meaning is given'}."]
    if row["likely_cause"]:
        said.append(f"Likely cause: {row['likely_cause']}.")
    if row["what_to_do"]:
        said.append(f"What to do: {row['what_to_do']}.")
    text = f"{' '.join(said)} [{marker}]"
    if row["applies_to_the_vehicle"] is False:
        text += f"\n\nThis entry is for: {row['applies_to']} [{marker}]. It does not list your vehicle."
    return f"{drive(row['may_drive_on'], marker)}{text}"


def drive(may: str, marker: int) -> str:
    """Whether one may drive on, as a sentence with its marker and a blank; "" where it is not said."""
    may = may.strip()
    said = _DRIVE.get(may.casefold()) or (f"Driving on: {may}." if may else "")
    return f"{said[:-1]} [{marker}]. " if said else ""


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
    """The cause, whether one may drive on, and what to do."""
    may = value["may_drive_on"]
    lead = "That points to" if value["sure"] else "The likeliest of what is left is"
    return (
        f"{drive(may, marker) if may != 'yes' else ''}{lead}: {value['cause']} [{marker}]. "
        f"{sentence(value['what_to_do'], marker)}"
    )


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
    call = f"Please call now:\n\n{calls}" if calls else "Please call roadside assistance or your emergency number now."
    return "\n\n".join(part for part in (f"**{value['say_first']}**", call, orders) if part)


def danger_alone(kind: Kind) -> str:
    """What is said where nothing can be looked up."""
    return f"**{ADVICE[kind].first}**\n\nPlease call roadside assistance or your emergency number now."


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
