"""What the assistant itself says where no specialist is to answer: friendly, short, and honest that it is a program."""

from collections.abc import Mapping, Sequence

from agents.acts import contacts, language
from agents.acts.act import Act, ActReading
from agents.context import Resources
from agents.skill import Handled
from agents.specialist import Catalogue
from agents.types import Question, Route
from agents.vehicles.range import note

NO_HURRY = "There is no hurry: nothing is settled until you say yes, and a no costs nothing."
STUCK = (
    "I can't take this any further here. One of our service partners, or our customer service, will gladly help you: "
    "ask me for their telephone numbers."
)
"""Where a question would be passed round in a circle."""
_SAID: Mapping[Act, str] = {
    "greeting": "Hello! What can I do for you?",
    "thanks": "You're welcome! Just ask if there is anything else.",
    "goodbye": "Goodbye, and all the best!",
    "praise": "Thank you, that is good to hear! Is there anything else that I can do?",
    "wellbeing": "I am a program, so I am always well, thank you, though better with products than with small talk. "
    "What can I do for you?",
    "identity": "I am an automated assistant: a program, not a person. I answer from our documents about our products "
    "and their service, and tell you whom to call if you would rather talk to somebody.",
    "acknowledgement": "Good. Is there anything else that you would like to know?",
    "yes": "Good. What would you like to know?",
    "no": "All right. Just ask if there is anything else.",
    "undecided": "Take your time. Just write again when you have made up your mind.",
    "unknown": "That is no problem. Tell me what you do know, and I will see how far it gets us.",
    "why": "Because the answer can depend on it. You need not tell me: then I give you what holds for all.",
    "forget": "All right, forgotten. What would you like to know instead?",
    "abuse": "I would like to help. Tell me what is the matter, and we will see what can be done.",
    "injection": "That is not something that I can do. I answer questions about our products and their service.",
}
_REGRET: Mapping[Act, str] = {
    "complaint": "I am sorry that this went wrong.",
    "money_back": "I am sorry that it has come to this. I cannot decide about money or contracts, our people can.",
    "privacy": "Your data are yours. I cannot change or delete anything myself, our people can.",
    "person": "Of course. I am a program, but you can reach a person.",
    "unhelpful": "I am sorry that this was no help. Please tell me in other words what you need.",
}
_NOTHING_SAID = "I have not said anything yet that I could say again. What would you like to know?"


async def respond(
    reading: ActReading, question: Question, facts: Mapping[str, str], catalogue: Catalogue, resources: Resources | None
) -> Handled:
    """What is said to a message that is for no specialist, by its act; with whom to call, where the documents say."""
    act = reading.act
    match act:
        case "abilities":
            return Handled(abilities(catalogue))
        case "statement":
            return Handled(noted(question, facts, resources))
        case "repeat" | "shorten":
            return Handled(_again(question, short=act == "shorten"))
        case "language":
            return await _in_language(reading.language, resources)
        case "complaint" | "money_back" | "privacy" | "person" | "unhelpful":
            return await _to_person(act, question, resources)
        case _:
            return Handled(_SAID.get(act, _SAID["greeting"]))


def abilities(catalogue: Catalogue) -> str:
    """What can be asked, in a line and by examples."""
    topics = ", ".join(specialist.label.casefold() for specialist in catalogue)
    return (
        f"I can help with {topics}. Ask me for example for a figure, how something is done, when the next service is "
        "due, or what a warning means; where our service partners take bookings, I can make an appointment as well."
    )


def noted(question: Question, facts: Mapping[str, str], resources: Resources | None) -> str:
    """What was taken in of a statement."""
    known = note(facts, resources.vehicles) if resources else ""
    new = facts != question.facts
    lead = f"Noted: {known}." if known and new else "Noted." if new else "Thank you for telling me."
    return f"{lead} What would you like to know?"


def left_out(questions: Sequence[str]) -> str:
    """What follows an answer to a message that asked too much at once."""
    lines = "\n".join(f"- {question}" for question in questions)
    return f"That was more than I can answer in one go. Please ask me again:\n\n{lines}"


def out_of_scope(catalogue: Catalogue) -> str:
    """A kind refusal that says what can be asked instead."""
    topics = " or ".join(specialist.label.casefold() for specialist in catalogue[:2])
    return f"I am sorry, I can't help with that. Ask me about our products, for example about {topics}."


def clarify(catalogue: Catalogue, route: Route) -> str:
    """One question back, between the likeliest readings."""
    likely = [part.specialist for part in route.parts]
    options = [specialist.label.casefold() for specialist in catalogue if specialist.name in likely]
    if len(options) < 2:
        return "I want to be sure that I understand you: what exactly would you like to know?"
    return f"I want to be sure that I understand you: is it about {' or '.join(options)}? A few more words will do."


async def _to_person(act: Act, question: Question, resources: Resources | None) -> Handled:
    """Regret, what the documents say to such a message, and whom to turn to."""
    if resources is None:
        return Handled(_REGRET[act], "to_person")
    told = await contacts.told(question.text, resources)
    before = next((turn.text for turn in reversed(question.history) if turn.role == "customer"), "")
    found = await contacts.find(act, resources, f"{question.text}\n{before}")
    every = (told, *found) if told else found
    said = " ".join(f"{statement.text} [{number}]" for number, statement in enumerate(every, 1))
    return Handled(f"{_REGRET[act]} {said}".strip(), "to_person", tuple(contacts.cited(every)))


async def _in_language(code: str, resources: Resources | None) -> Handled:
    """That answers come in English, in the customer's language, and whom to call, also in danger."""
    care, emergency, roadside = await contacts.first_of_each(resources) if resources else (None, None, None)
    cited = [statement for statement in (care, emergency, roadside) if statement]
    marked = [f"{statement.number} [{number}]" for number, statement in enumerate(cited, 1)]
    contact = language.CONTACTS[code].format(number=marked[0]) if care else ""
    said = language.SENTENCES[code].format(contact=contact)
    if emergency and roadside:
        said += " " + language.DANGERS[code].format(emergency=marked[-2], roadside=marked[-1])
    else:
        cited = cited[: int(care is not None)]
    return Handled(said, citations=tuple(contacts.cited(cited)))


def _again(question: Question, *, short: bool) -> str:
    """The last answer as it was, or its first sentence; what it cited is not repeated."""
    last = next((turn.text for turn in reversed(question.history) if turn.role == "assistant"), "")
    if not last:
        return _NOTHING_SAID
    text = contacts.unmarked(last)
    return contacts.first_sentence(" ".join(map(_unlisted, text.splitlines()))) if short else text


def _unlisted(line: str) -> str:
    """A line without the mark of a list: its number is no sentence."""
    mark, _, rest = line.strip().partition(" ")
    return rest if rest and (mark == "-" or (mark.rstrip(".").isdigit() and mark.endswith("."))) else line
