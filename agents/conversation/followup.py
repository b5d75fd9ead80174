"""Makes a follow-up stand alone, from the conversation and the facts known. Pure: no model is asked.

What is added stands in brackets at the end, such as "how do I reset it? (service light on the Wren 58)", so that the
customer's own words stay first and a text that was rewritten is recognised and left alone.
"""

import re

from agents.appointments.intents import intent
from agents.appointments.works import works
from agents.language.words import content, vocabulary, words
from agents.types import Question
from agents.vehicles.range import Vehicles, note, other_make, years

_SMALL_TALK = vocabulary(
    "thanks thank you thx cheers ok okay great good perfect hello hi hey bye goodbye yes no yep nope sure nice cool "
    "morning evening afternoon day night fine wonderful super right got it"
)
_LEAD = re.compile(
    r"^(?:(?:ok|okay|so|oh|right|thanks)\b[\s,.!]*)*(?:(?:and|but|or|also|then)\s+)?"
    r"(?:(?:what|how)\s+about\b|same\s+(?:for|with)\b|what\s+if\b|and\b|but\b|or\b|also\b|for\b|in\b|with\b)\s*",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"^(?:(?:no|nope|sorry|actually|oh|wait|hm+)\b[\s,.!-]*)+(?:(?:i (?:mean|meant)|it'?s|make it)\b\s*)?",
    re.IGNORECASE,
)
"""Before what the customer has meant instead."""
_OTHER = re.compile(r"^(?:the |my |our )?other (?:one|car|vehicle|van|pick-?up)$", re.IGNORECASE)
_BARE = vocabulary(
    "the a an for in on of with my it is one model version variant year also too and then from this that"
)
_QUALIFIERS = vocabulary("front rear back left right other others automatic manual loaded winter summer both second")
_ARTICLE = re.compile(r"^(?:the|its|my|a|an)\s+", re.IGNORECASE)
_POINTS_BACK = re.compile(r"\b(?:it|its|it's|that|this|they|them|those|these|one|ones)\b", re.IGNORECASE)
_EXPLETIVE = re.compile(
    r"\b(?:is|was|would|does|how is)\s+it\s+(?:be\s+)?(?:ok|okay|safe|normal|time|possible|true|bad|good|necessary"
    r"|worth|better|matter|cost|take|dangerous|legal|allowed|advisable|too)\b"
    r"|\bit(?:'s| is) (?:raining|cold|hot|snowing)\b|\bthat\s+(?:is|are|has)\b|\bwhich ones?\b"
    r"|\b(?:one|any|some|none) of (?:the|my|our|your|these|those)\b",
    re.IGNORECASE,
)
_OF_ONE = re.compile(r"\b(?:the|an?|my|our|your)\s+(?:[\w.\-]+\s+){0,2}$", re.IGNORECASE)
"""The words before "one" that say which one it is."""
_NAMES_THING = re.compile(r"\b(?:the|an?|my|our|your)\s+\w", re.IGNORECASE)
_ABOUT_COMPANY = re.compile(
    r"\b(?:dealers?|dealership|open(?:ing)?|address|phone|appointments?|book(?:ing)?|all (?:models|vehicles|cars)"
    r"|which (?:model|vehicle|car)|your (?:models|range|vehicles|cars)|compare|other models)\b",
    re.IGNORECASE,
)
_EDGE = vocabulary(
    "what what's whats which when where why who how how's is are was were does do did can could should would will has "
    "have the a an i i'm we you me my our your please tell show give explain know to of and also then so but much many "
    "often long there any get want need like hi hello mean means work works due it its take cost about for"
)
_SUBJECT_WORDS = 12
_SHORT = 12
_LONG = 20
_REMEMBERED = 8


def standalone(question: Question, vehicles: Vehicles) -> str:
    """The question as it can be understood, routed and searched without the conversation.

    A follow-up takes over what the question before it was about; a question about the customer's vehicle that names
    none is given the one known from the facts. Anything else is returned as it is, and so is a text that was already
    rewritten.
    """
    text = question.text.strip()
    if text.endswith(")") or _is_small_talk(text):
        return text
    previous = ""
    for turn in [turn for turn in question.history if turn.role == "customer"][-_REMEMBERED:]:
        if turn.text.strip() and not _is_small_talk(turn.text):
            previous = _resolve(turn.text.strip(), previous, vehicles)
    resolved = _resolve(text, previous, vehicles)
    known = note(question.facts, vehicles)
    return _with_note(resolved, known) if known and _about_own_vehicle(resolved, vehicles) else resolved


def depends(text: str) -> bool:
    """Whether a text says too little to be routed by itself: nothing but a lead-in, a pronoun or a bare "why?"."""
    own, _ = core(text)
    return len(content(_LEAD.sub("", own))) <= 1 and len(words(own)) <= _SHORT


def continues(text: str, vehicles: Vehicles) -> bool:
    """Whether a text takes up what was said before: by a lead-in, a pronoun or by saying nothing else."""
    own, _ = core(text)
    first = re.split(r"(?<=[.?!;])\s+", own)[0]
    return depends(text) or bool(_LEAD.match(own)) or refers_back(first, vehicles)


def core(text: str) -> tuple[str, str]:
    """A rewritten text as (the customer's own words, what was added); the second is "" for any other text."""
    found = re.search(r"\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)$", text)
    return (text[: found.start()], found.group(1)) if found and found.start() else (text, "")


def subject(text: str) -> str:
    """What a question is about: its words without the question's frame, at most twelve of them. Of an appointment that
    is wished only the work: when and where it is to be has nothing to do with what it costs."""
    if intent(text) == "book" and (work := works(core(text)[0])):
        return work
    tokens = core(text)[0].rstrip("?!. ").split()
    while len(tokens) > 1 and tokens[0].strip(",").casefold() in _EDGE:
        tokens.pop(0)
    while len(tokens) > 1 and tokens[-1].casefold() in _EDGE:
        tokens.pop()
    own = re.sub(r"[.?!;]+\s+", ", ", " ".join(tokens[:_SUBJECT_WORDS])).strip(" ,.?!")
    added = core(text)[1]
    return own if not added or content(own) else added


def refers_back(text: str, vehicles: Vehicles) -> bool:
    """Whether a pronoun stands for something that the text itself does not name."""
    if len(words(text)) > _LONG:
        return False
    pronoun = _POINTS_BACK.search(_EXPLETIVE.sub(lambda found: "_" * len(found.group()), text))
    if pronoun is None:
        return False
    before = text[: pronoun.start()]
    if pronoun.group().casefold() in ("one", "ones"):
        before = _OF_ONE.sub("", before)
    return not _NAMES_THING.search(before) and not vehicles.mentions(before)


def _resolve(text: str, previous: str, vehicles: Vehicles) -> str:
    """`text` made independent of `previous`, a question that stands alone or ""."""
    if not previous:
        return text
    lead = _LEAD.match(text) or _CORRECTS.match(text)
    rest = text[lead.end() :].strip(" ?!.") if lead else text.strip(" ?!.")
    swapped = _swap(rest, previous, vehicles) if lead or not text.endswith(".") else ""
    if swapped:
        return swapped
    carried = _vehicle_of(previous, vehicles)
    elliptic = lead is not None and len(words(rest)) <= 6 and not _asks_itself(rest)
    if elliptic and _ARTICLE.match(rest) and not set(words(rest)) & _QUALIFIERS:
        return _with_note(text, carried) if carried and not vehicles.mentions(text) else text
    unfinished = lead is not None and not _asks_itself(rest) and not vehicles.mentions(rest)
    if elliptic or unfinished or not content(text) or refers_back(text, vehicles):
        return _with_note(text, subject(previous), carried)
    return text


def _swap(rest: str, previous: str, vehicles: Vehicles) -> str:
    """The previous question about the vehicle or year that `rest` names, or "" when `rest` says more than that."""
    if _OTHER.match(rest):
        return _about_other(previous, vehicles)
    named, dates = vehicles.mentions(rest), years(rest)
    bare = rest
    for mention in reversed(named):
        bare = bare[: mention.start] + " " + bare[mention.end :]
    left = set(words(bare)) - set(dates) - _BARE
    if left or not (named or dates):
        return ""
    if named:
        previous = _replace_vehicle(
            previous, rest[named[0].start : named[-1].end], named[0].vehicles[0].model, vehicles
        )
    return _replace_year(previous, dates[-1]) if dates else previous


def _about_other(previous: str, vehicles: Vehicles) -> str:
    """The question of the previous message about the other of the two vehicles that it names; "" where it does not."""
    sentences = re.split(r"(?<=[.?!;])\s+", previous)
    asked = sentences[-1]
    meant = {vehicle.model for vehicle in vehicles.mentioned(asked)}
    others = [one for one in vehicles.mentions(previous) if not meant & {vehicle.model for vehicle in one.vehicles}]
    if len(meant) != 1 or len({vehicle.model for one in others for vehicle in one.vehicles}) != 1:
        return ""
    other = others[-1]
    year = years(previous[other.end : other.end + 6])
    swapped = _replace_vehicle(asked, previous[other.start : other.end], other.vehicles[0].model, vehicles)
    return _replace_year(swapped, year[0]) if year else swapped


def _replace_vehicle(previous: str, spoken: str, model: str, vehicles: Vehicles) -> str:
    matches = {vehicle.name for vehicle in vehicles.mentioned(spoken)}
    name = matches.pop() if len(matches) == 1 else model
    earlier = vehicles.mentions(previous)
    if not earlier:
        return _with_note(previous, name)
    for mention in reversed(earlier):
        previous = previous[: mention.start] + name + previous[mention.end :]
    return previous


def _replace_year(previous: str, year: str) -> str:
    earlier = years(previous)
    return previous.replace(earlier[-1], year) if earlier else _with_note(previous, year)


def _asks_itself(rest: str) -> bool:
    """Whether the words after a lead-in are a question of their own: "and how do I check the oil?"."""
    first = words(rest)[:1]
    return bool(first) and first[0] in _EDGE - {"the", "a", "an", "my", "our", "your", "for", "about", "it", "its"}


def _vehicle_of(text: str, vehicles: Vehicles) -> str:
    mentions = vehicles.mentions(text)
    return text[mentions[-1].start : mentions[-1].end] if mentions else ""


def _with_note(text: str, *additions: str) -> str:
    """The text with what it lacks of `additions` in brackets behind it."""
    own, added = core(text)
    parts = [added] if added else []
    for addition in additions:
        if addition and addition.casefold() not in " ".join([own, *parts]).casefold():
            parts.append(addition)
    return f"{own} ({'; '.join(parts)})" if parts else own


def _is_small_talk(text: str) -> bool:
    return set(words(text)) <= _SMALL_TALK


def _about_own_vehicle(text: str, vehicles: Vehicles) -> bool:
    return not vehicles.mentions(text) and not other_make(text) and not _ABOUT_COMPANY.search(text)
