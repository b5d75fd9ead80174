"""Makes a follow-up stand alone, from the conversation and the facts known. No chat model is asked."""

from collections.abc import Collection
from dataclasses import replace

from agents.appointments.works import names_visit, works
from agents.conversation.link import LinkReader
from agents.language.negation import swapped
from agents.language.phrases import Phrases
from agents.language.reading import reading
from agents.language.tokens import tokens
from agents.language.words import content, sentences, vocabulary
from agents.types import Question, StandaloneQuestion
from agents.vehicles.descriptors import described, model_year
from agents.vehicles.makes import other_make
from agents.vehicles.range import Vehicles, note, years

_SMALL_TALK = vocabulary(
    "thanks thank you thx cheers ok okay great good perfect hello hi hey bye goodbye yes no yep nope sure nice cool "
    "morning evening afternoon day night fine wonderful super right got it sorry oops whoops lol haha ta"
)
_OPENERS = vocabulary("ok okay so oh right thanks")
_LEAD = Phrases(("(and|but|or|also|then|) (what about|how about|same (for|with)|what if|and|but|or|also|for|in|with)",))
_CORRECTING = vocabulary("no nope sorry actually oh wait hm hmm hmmm")
_CORRECTS = Phrases(("(i (mean|meant)|its|it is|make it)",))
"""Before what the customer has meant instead."""
_PUTTING_RIGHT = vocabulary(
    "no nope oops whoops sorry wait hold hang actually correction meant mean mistake wrong typo said asked"
)
"""Words of which one stands in a message that puts right what was said before."""
_BESIDE_YEAR, _BESIDE_NAME = 7, 1
"""Words of content that may stand beside the year or the vehicle that was meant: "just looked at the papers"."""
_WRONG_CAR = _PUTTING_RIGHT | vocabulary("car vehicle wife wifes husband husbands mums dads sons daughters other")
"""Words of content that only say whose other vehicle is meant."""
_OTHER = Phrases(("(the|my|our|) other (one|car|vehicle|van|pickup|pick up)",))
_BARE = vocabulary(
    "the a an for in on of with my it is its it's one ones model version variant year also too and then from this that "
    "n nd what whats what's about how same again instead i'm i if had got have get mean meant make box gearbox engine "
    "car please lol was were not mine ours hers his"
)
_DEGREES = vocabulary("more less better worse different bigger smaller larger higher lower")
"""Words that compare what a message names with what was asked before, "the newer one more?", and ask for nothing by
themselves, as "heavier" does."""
_QUALIFIERS = vocabulary("front rear back left right other others automatic manual loaded winter summer both second")
_ARTICLE = Phrases(("^ (the|its|my|a|an) <any>",))
_POINTS_BACK = vocabulary("it its that this they them those these one ones")
_EXPLETIVE = Phrases(
    (
        "(is|was|would|does) it (be|) (ok|okay|safe|normal|time|possible|true|bad|good|necessary|worth|better|matter)",
        "(is|was|would|does) it (be|) (cost|take|dangerous|legal|allowed|advisable|too)",
        "(its|it is) (raining|cold|hot|snowing)", "that (is|are|has)", "which (one|ones)",
        "(one|any|some|none) of (the|my|our|your|these|those)",
    )
)  # fmt: skip
_OF_ONE = Phrases(("(the|a|an|my|our|your) (|<any>|<any> <any>) $",))
"""The words before "one" that say which one it is."""
_NAMES_THING = Phrases(("(the|a|an|my|our|your) <any>",))
_ABOUT_COMPANY = Phrases(
    (
        "(dealer|dealers|dealership|open|opening|address|phone|appointment|appointments|book|booking|compare)",
        "all (models|vehicles|cars)", "which (model|vehicle|car)", "your (models|range|vehicles|cars)", "other models",
    )
)  # fmt: skip
_EDGE = vocabulary(
    "what what's whats which when where why who how how's is are was were does do did can could should would will has "
    "have the a an i i'm we you me my our your please tell show give explain know to of and also then so but much many "
    "often long there any get want need like hi hello mean means work works due it its take cost about for"
)
_ENDS = ".?!;"
_SUBJECT_WORDS = 12
_SHORT = 12
_LITTLE = 2
"""Words of content: "paint?" and "how long does that take" are about what was asked before them."""
_LONG = 20
_SURELY, _LINKED, _PERHAPS = 0.7, 0.5, 0.1
"""The least probability with which a message is taken to lean on the one before it: of one that asks for a thing which
it names, of any other, and of one with a word that leans back."""
_REMEMBERED = 8


def standalone(question: Question, vehicles: Vehicles, links: LinkReader | None = None) -> StandaloneQuestion:
    """The question as it can be understood, routed and searched without the conversation. `links` tells how it hangs
    together with the one before it; without it that is guessed from lead-ins and pronouns. With it this blocks while
    embedding.

    A follow-up takes over what the question before it was about; where it only names another vehicle or year, that
    question is asked again about these. A question about the customer's vehicle that names none is given the one known
    from the facts.
    """
    text = question.text.strip()
    if _is_small_talk(text):
        return StandaloneQuestion(text)
    previous: StandaloneQuestion | None = None
    for turn in [turn for turn in question.history if turn.role == "customer"][-_REMEMBERED:]:
        if turn.text.strip() and not _is_small_talk(turn.text):
            previous = _resolve(turn.text.strip(), previous, vehicles, links)
    resolved = _resolve(text, previous, vehicles, links)
    if not question.facts.get("model"):
        resolved = _of_same(resolved, previous, vehicles)
    own, whole = note(question.facts, vehicles), resolved.whole
    lacks = own.casefold() not in whole.casefold() and _about_own_vehicle(whole, vehicles)
    return replace(resolved, own_vehicle=own) if lacks else resolved


def _of_same(
    question: StandaloneQuestion, previous: StandaloneQuestion | None, vehicles: Vehicles
) -> StandaloneQuestion:
    """The question about the vehicle that the conversation was about, where it names none itself."""
    if previous is None or not _about_own_vehicle(question.whole, vehicles):
        return question
    return replace(question, vehicle=_vehicle_of(previous, vehicles), year=question.year or previous.year)


def depends(text: str) -> bool:
    """Whether a text says too little to be routed by itself: nothing but a lead-in, a pronoun or a bare "why?"."""
    return len(content(text[_lead(text) :])) <= 1 and len(reading(text).words) <= _SHORT


def continues(text: str, vehicles: Vehicles) -> bool:
    """Whether a text takes up what was said before: by a lead-in, a pronoun or by saying nothing else."""
    first = next(iter(sentences(text, _ENDS)), "")
    return depends(text) or _lead(text) > 0 or _says_little(text, vehicles) or refers_back(first, vehicles)


def _says_little(text: str, vehicles: Vehicles) -> bool:
    """Whether a text leaves open what it is about: one or two words of content, and no vehicle."""
    whole = text in _EXPLETIVE or text in _NAMES_THING or names_visit(text)
    return (
        not whole
        and len(reading(text).content) <= _LITTLE
        and len(reading(text).words) <= _SHORT
        and not vehicles.mentions(text)
    )


def subject(question: StandaloneQuestion) -> str:
    """What a question is about, in a few words: its own, or where these say nothing, its context."""
    own = _subject_of(question.text)
    return own if content(own) or not question.context else question.context


def refers_back(text: str, vehicles: Vehicles) -> bool:
    """Whether a pronoun stands for something that the text itself does not name."""
    if len(reading(text).words) > _LONG:
        return False
    plain = [(found.first, found.last) for found in _EXPLETIVE.spans(text)]
    pronoun = next(
        (
            token
            for at, token in enumerate(tokens(text))
            if token.head in _POINTS_BACK and not any(first <= at < last for first, last in plain)
        ),
        None,
    )
    if pronoun is None:
        return False
    before = text[: pronoun.start]
    if pronoun.word in ("one", "ones"):
        before = _OF_ONE.without(before, "")
    return before not in _NAMES_THING and not vehicles.mentions(before)


def _subject_of(text: str) -> str:
    """A question's words without its frame, at most twelve of them. Of an appointment that is wished only the work:
    when and where it is to be has nothing to do with what it costs."""
    if names_visit(text) and (work := works(text)):
        return work
    said = text.rstrip("?!. ").split()
    while len(said) > 1 and said[0].strip(",").casefold() in _EDGE:
        said.pop(0)
    while len(said) > 1 and said[-1].casefold() in _EDGE:
        said.pop()
    named = sentences(" ".join(said[:_SUBJECT_WORDS]), _ENDS)
    return ", ".join(piece.rstrip(_ENDS) for piece in named).strip(" ,.?!")


def _lead(text: str) -> int:
    """Where the words end with which a text takes up what was said before, "and what about"; 0 where there are none."""
    found = _LEAD.at(text, _opened(text, _OPENERS))
    return found.end if found else 0


def _correction(text: str) -> int:
    """The same of "no, I meant"."""
    place = _opened(text, _CORRECTING)
    found = _CORRECTS.at(text, place)
    return found.end if place and found else tokens(text)[place - 1].end if place else 0


def _opened(text: str, openers: Collection[str]) -> int:
    """The place of the first token that is none of the openers, nor a mark behind one."""
    read = tokens(text)
    behind = (at for at, token in enumerate(read) if token.word not in openers and (token.kind != "mark" or at == 0))
    return next(behind, len(read))


def _resolve(
    text: str, previous: StandaloneQuestion | None, vehicles: Vehicles, links: LinkReader | None
) -> StandaloneQuestion:
    """`text` made independent of the question before it."""
    if previous is None:
        return StandaloneQuestion(text)
    lead = _lead(text) or _correction(text)
    rest = text[lead:].strip(" ?!.,-") if lead else text.strip(" ?!.")
    swapped = _swap(_last(rest), previous, vehicles) if lead or not text.endswith(".") else None
    swapped = swapped or _put_right(text, rest, previous, vehicles)
    if swapped is not None:
        return swapped
    carried = _vehicle_of(previous, vehicles)
    elliptic = lead > 0 and len(reading(rest).words) <= 6 and not _asks_itself(rest)
    unfinished = lead > 0 and not _asks_itself(rest) and not vehicles.mentions(rest)
    hangs = elliptic or unfinished or _says_little(text, vehicles) or refers_back(text, vehicles)
    if links is not None:
        shares = links.read(previous.whole, text)
        mentions = vehicles.mentions(text)
        if mentions and _asks_itself(rest):
            return StandaloneQuestion(text)
        if mentions and shares["other"] >= _LINKED:
            spoken = text[mentions[0].start : mentions[-1].end]
            again = _about_vehicle(previous, spoken, mentions[0].vehicles[0].model, vehicles)
            return replace(again, text=f"{again.text.rstrip('?!. ')}, {rest}")
        whole = _asks_itself(rest) and text in _NAMES_THING
        pointing = refers_back(text, vehicles)
        least = _PERHAPS if hangs and not whole else _SURELY if whole and not pointing else _LINKED
        hangs = shares["other"] + shares["more"] >= least and (hangs or not names_visit(text))
    elif elliptic and _ARTICLE.opening(rest) and not set(reading(rest).words) & _QUALIFIERS:
        return _completed(text, "", "" if vehicles.mentions(text) else carried)
    if not hangs:
        return StandaloneQuestion(text)
    about = _subject_of(previous.text)
    if previous.subject and (len(content(about)) < _LITTLE or refers_back(previous.text, vehicles)):
        about = previous.subject
    if content(about) or not previous.context:
        return _completed(text, about, carried)
    return replace(_completed(text, previous.subject, carried), year=previous.year)


def _last(text: str) -> str:
    """The last sentence of a text, where what stands before it says little and asks nothing: "that's ages. the petrol
    one?"."""
    *before, last = sentences(text, _ENDS) or [text]
    aside = all("?" not in sentence and len(content(sentence)) <= _LITTLE for sentence in before)
    return last if aside else text


def _completed(text: str, about: str, vehicle: str) -> StandaloneQuestion:
    """The text with what it lacks of a subject and a vehicle."""
    about = "" if about.casefold() in text.casefold() else about
    return StandaloneQuestion(text, about, "" if vehicle.casefold() in f"{text} {about}".casefold() else vehicle)


def _swap(rest: str, previous: StandaloneQuestion, vehicles: Vehicles) -> StandaloneQuestion | None:
    """The previous question about the vehicle or year that `rest` names, None where `rest` says more than that."""
    if _OTHER.is_all_of(rest):
        return _about_other(previous, vehicles)
    named, dates = vehicles.mentions(rest), years(rest)
    bare = rest
    for mention in reversed(named):
        bare = bare[: mention.start] + " " + bare[mention.end :]
    left = set(reading(bare).words) - set(dates) - _BARE - _SMALL_TALK
    if named or dates or model_year(left - _DEGREES, vehicles):
        left -= _DEGREES
    if not named and left:
        models = vehicles.mentioned(_vehicle_of(previous, vehicles))
        if others := described(left, vehicles, models[0].model if models else ""):
            name = others[0].name if len(others) == 1 else others[0].model
            again = _about_vehicle(previous, name, others[0].model, vehicles)
            return _of_year(again, dates[-1]) if dates else again
    if year := model_year(left, vehicles):
        left, dates = set(), dates or (year,)
    if not named and len(left) == 1 and (opposite := swapped(previous.text, *left)):
        again = replace(previous, text=opposite)
        return _of_year(again, dates[-1]) if dates else again
    if left or not (named or dates):
        return None
    if named:
        spoken = rest[named[0].start : named[-1].end]
        previous = _about_vehicle(previous, spoken, named[0].vehicles[0].model, vehicles)
    return _of_year(previous, dates[-1]) if dates else previous


def _put_right(text: str, rest: str, previous: StandaloneQuestion, vehicles: Vehicles) -> StandaloneQuestion | None:
    """The previous question about the vehicle or year that was meant, where a message puts that right; None where it
    does not, or asks something itself."""
    if _PUTTING_RIGHT.isdisjoint(reading(text).words) or "?" in text or _asks_itself(rest):
        return None
    named, dates = vehicles.mentions(rest), years(rest)
    beside = len([word for word in content(rest) if word not in _WRONG_CAR]) - len(named) - len(dates)
    if not (named or dates) or beside > (_BESIDE_YEAR if dates else _BESIDE_NAME):
        return None
    if named:
        spoken, own = rest[named[0].start : named[-1].end], vehicles.mentions(previous.text)
        previous = previous if own else replace(previous, subject="")  # which was of the wrong vehicle
        previous = _about_vehicle(previous, spoken, named[0].vehicles[0].model, vehicles)
    return _of_year(previous, dates[0]) if dates else previous


def _about_other(previous: StandaloneQuestion, vehicles: Vehicles) -> StandaloneQuestion | None:
    """The question of the previous message about the other of the two vehicles that it names; None where it does
    not."""
    asking = replace(previous, text=(sentences(previous.text, _ENDS) or [""])[-1])
    models = {vehicle.model for vehicle in vehicles.mentioned(asking.whole)}
    others = [
        mention
        for mention in vehicles.mentions(previous.text)
        if not models & {vehicle.model for vehicle in mention.vehicles}
    ]
    if len(models) != 1 or len({vehicle.model for mention in others for vehicle in mention.vehicles}) != 1:
        return None
    other = others[-1]
    year = years(previous.text[other.end : other.end + 6])
    swapped = _about_vehicle(asking, previous.text[other.start : other.end], other.vehicles[0].model, vehicles)
    return _of_year(swapped, year[0]) if year else swapped


def _about_vehicle(previous: StandaloneQuestion, spoken: str, model: str, vehicles: Vehicles) -> StandaloneQuestion:
    """The question about the vehicle that was spoken of, which is at least of this model."""
    matches = {vehicle.name for vehicle in vehicles.mentioned(spoken)}
    name = matches.pop() if len(matches) == 1 else model
    text, about = _renamed(previous.text, name, vehicles), _renamed(previous.subject, name, vehicles)
    named = vehicles.mentions(previous.text) or vehicles.mentions(previous.subject)
    return replace(previous, text=text, subject=about, vehicle="" if named else name)


def _renamed(text: str, name: str, vehicles: Vehicles) -> str:
    """The text with every vehicle in it called so."""
    for mention in reversed(vehicles.mentions(text)):
        text = text[: mention.start] + name + text[mention.end :]
    return text


def _of_year(previous: StandaloneQuestion, year: str) -> StandaloneQuestion:
    """The question about another model year."""
    earlier = (*years(previous.text), *years(previous.subject))
    if previous.year or not earlier:
        return replace(previous, year=year)
    text, about = (part.replace(earlier[-1], year) for part in (previous.text, previous.subject))
    return replace(previous, text=text, subject=about)


def _asks_itself(rest: str) -> bool:
    """Whether the words after a lead-in are a question of their own: "and how do I check the oil?"."""
    first = reading(rest).words[:1]
    return bool(first) and first[0] in _EDGE - {"the", "a", "an", "my", "our", "your", "for", "about", "it", "its"}


def _vehicle_of(question: StandaloneQuestion, vehicles: Vehicles) -> str:
    """The vehicle that a question speaks of last."""
    for text in (question.vehicle, question.subject, question.text):
        if mentions := vehicles.mentions(text):
            return text[mentions[-1].start : mentions[-1].end]
    return ""


def _is_small_talk(text: str) -> bool:
    return set(reading(text).words) <= _SMALL_TALK


def _about_own_vehicle(text: str, vehicles: Vehicles) -> bool:
    return not vehicles.mentions(text) and not other_make(text) and text not in _ABOUT_COMPANY
