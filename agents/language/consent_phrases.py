"""The phrases by which people agree to a proposal, refuse it or ask for another, each with what it does."""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, auto


class Role(Enum):
    """What a phrase does to a proposal."""

    YES = auto()
    OKAY = auto()
    """Agrees alone, and as often only opens a sentence: "ok, cancel that", "confirm the time"."""
    NO = auto()
    REFUSAL = auto()
    """A no that stays one when a reason follows."""
    POLITE = auto()
    """Changes nothing."""
    STEER = auto()
    """Puts something else in the place of what was proposed."""
    SHIFT = auto()
    """The same where nothing unknown is said beside it: "earlier", but not "earlier it leaked"."""
    BUT = auto()
    WHEN = auto()
    """A day or a time."""
    PLACE = auto()
    """What can be another: a dealer, a slot."""
    ORDINAL = auto()
    ASK = auto()
    """Asks for something: "is there anything on"."""
    REQUEST = auto()
    """A question in form, a wish in fact: "can we do"."""
    JOIN = auto()
    """Holds a sentence together."""
    VAGUE = auto()
    """The same, and leaves open what is meant: "around 9", "maybe Tuesday"."""
    UNKNOWN = auto()


Phrases = Mapping[tuple[str, ...], Role]
Phrase = tuple[Role, tuple[str, ...]]

_IT = "(it|that|this|them|(the|my) (appointment|booking|service|slot|visit))"
_WELL = "(good|great|perfect|lovely|right|brilliant|excellent|wonderful|ideal|correct)"
_ADMIT = "(ok|okay|fine|alright)"
_TABLE = {
    Role.YES: f"""(oh |)yes; yess; yep; yup; yeah; yea; ye; yh; ya; yas; y; aye; sure; sure thing; of course;
        absolutely; definitely; certainly; indeed; by all means; perfect; alright; all right; affirmative; roger
        that; (yes|yeah|yep|sure|ok|okay) why not; (yes|sure) you can; agreed; i agree; deal; i accept; accept;
        accepted; confirmed; (i |)confirm (it|that); i confirm; confirm {_IT}; (please |)go ahead; go for it; go on
        then; (please |)proceed; please do; yes do; yes i do; yes go on; righto; (im |)happy to (go ahead|proceed);
        its a yes (from me|); (please |)do (it|that|so); lets (do|go for) (it|that); lets go; make it so; (that |it
        |this |all |)(sounds|sound|looks) ({_WELL}|{_ADMIT}); that (will be|would be|is) {_WELL}; that (will
        be|would be|is) fine; (thats|thatd be|thatll be) ({_WELL}|fine); (thats |)(fine|ok|okay) (by|with) me; (that
        |it |this |)(works|suits|is fine|is good) (for |)(me|us); (that|it) (works|suits); (that |)works
        (fine|well|great|perfectly); (that will|thatll|that would) (do|work|suit me); (im
        |)(happy|fine|ok|okay|good) with (that|it|this); (id|i would) (like|love) (that|it|to); i do; (id|i would)
        like to go ahead; i (do |)want (it|that|to); (ill|well|we will|i will) take (it|that); thats the one; (i|we)
        can (do|make) (it|that); lock it in; sign me up; count me in; put me down (for (it|that)|); ja; ja gerne;
        jawohl; oui; si; sí; claro; claro que si; daccord; vale; hai; はい; да; sim; fab""",
    Role.OKAY: """ok; okay; k; kk; okey; okie; okey dokey; okie dokie; ok then; okay then; fine; very well; correct;
        confirm; surely; i do; i would""",
    Role.NO: """no; n; non; nein; nej; nee; いいえ; нет; não; not really; dont; do not; stop (it|that|this|); cancel;
        abort; negative; (i |)decline; declined; i refuse; ill leave it; no bother; not happy with that; were good;
        i (do not|dont) want to book; never; not on your life; (that |it |)wont be necessary; hold off (for now|);
        (i |)(id|would) (rather|prefer) not (to|); rather not; better not; i wont; i would not; i wouldnt; i (do
        not|dont) want (to|any|); i (do not|dont); of course not; pass; ill pass; neither; none; nothing; no need;
        not for me; no deal; leave it (as it is|alone|); drop it; skip it; (its |thats |)not necessary; im
        (good|alright|all right|fine|okay|ok) (for now|); (thanks|thank you) anyway; thanks all the same""",
    Role.REFUSAL: f"""nope; nah; naw; nah youre alright; no (thanks|thank
        you|thankyou|thx|thanx|ta|cheers|ty|way|chance|no); just no; (thanks|thank you) but no (thanks|thank you|);
        not (now|today|yet|interested|just yet); not (right now|at the moment|just now|at present|for now|this
        time|this week|this month|this year); hell no; god no; hard no; no means no; i said no;
        (absolutely|definitely|certainly) not; (neither|none) of (them|those|these|the above); never mind;
        nevermind; nvm; forget (it|that|about it); call it off; (i |)(dont|do not) think so; i think not; (please
        |)(dont|do not) (bother|book|do|confirm|proceed|go ahead) ({_IT}|anything|); please (dont|do not); (dont|do
        not) book (me|us) in; (i |)(dont|do not) (want|need) {_IT} (any more|anymore|now|); cancel {_IT}; please
        cancel; leave it for (now|today); (maybe|perhaps) later; maybe (another|next) time; (ive |i have |i
        |)changed my mind; no longer (needed|required|interested); some other time; let me think; let me think about
        it; (ill|i will|i need to|id like to|i have to) think about it""",
    Role.POLITE: f"""please; pls; plz; plse; thanks; thank you; thankyou; thx; thanx; tks; ty; ta; cheers; many
        thanks; thanks a lot; (thank you|thanks) (so|very) much; and thanks; and thank you; much appreciated;
        appreciated; kindly; then; now; oh; ah; just; hi; hello; mate; love; dear; sir; madam; guys; x; xx; xxx;
        great; grand; lovely; brilliant; excellent; wonderful; super; cool; nice; awesome; fantastic; good; good
        idea; to me; good (morning|afternoon|evening); sorry; very much; for (the|your) help; (that|this) one; for
        me; for us; right away; asap; straight away; that; it; this; (thats|its|it is|that is) {_ADMIT}; its
        {_WELL}; im sure; see you then; as (proposed|suggested|planned|discussed); (kind |best |)regards; bitte;
        danke; merci; gracias; por favor; grazie; no
        (problem|problems|worries|objection|objections|issue|issues|rush|hurry); not a problem""",
    Role.STEER: """instead; (id |i would |)rather (have|it was|); (i |id |i would |)prefer; make (it|that);
        different; another; swap (it|that|); (change|move|switch|push|bring|shift|put) (it|that|this|the
        appointment) (to|back|forward|); change to; (anything|something|someone|somewhere|anywhere|another) else;
        reschedule (it|); postpone (it|); change the (time|date|day|dealer|slot)""",
    Role.SHIFT: """other; else; earlier; later; sooner; earliest; soonest; latest; nearer; closer; nearest; change;
        no good; (too|bit|a bit|rather) (early|late|far|soon); (doesnt|does not|wont|will not|dont|didnt)
        (work|suit) (for me|me|); (cant|cannot|can not) (make|do|manage) (it|that|); any other; im
        (busy|away|working|not free|at work) (then|); (anything|anywhere|anytime|any day|any time) but; somewhere;
        is (bad|difficult|out|no good|not good) (for (me|us)|); (closer|nearer) to (home|me|us); (an|one|two|three|a
        few|a couple of) (hour|hours|day|days|week|weeks) (earlier|later); (a bit|bit|a little|little|much|even)
        (earlier|later|sooner|closer|nearer); (what|when|where) (other|else); (cant|cannot) (make|do) (either|any of
        (them|those|these)); (neither|none|none of (them|those|these)) (works|work|suits|suit) (for (me|us)|me|)""",
    Role.BUT: "but; except; only; i only have; however; although; though; not; cant",
    Role.WHEN: """monday; tuesday; wednesday; thursday; friday; saturday; sunday; january; february; april; june;
        july; august; september; october; november; december; tomorrow; tonight; today; this week; week after; next
        month; next (week|day|time); the (day|week) (after|before); (a day|a week) later; weekend; weekends; first
        thing; end of the (week|month); weekday; weekdays; midweek; morning; mornings; afternoon; afternoons;
        evening; evenings; lunchtime; lunch""",
    Role.ORDINAL: """first; second; third; fourth; fifth; last; former; latter;
        (number|option|choice) (one|two|three|four)""",
    Role.PLACE: """dealer; dealers; dealership; garage; workshop; branch; location; place; site; day; days; date;
        dates; time; times; slot; slots; appointment; appointments; week""",
    Role.ASK: """(what|how) about; does; would; hows; how is; (is|are) there (any|anything|a|an|); (do|have) you
        (have|got) (any|anything|a|an|); is; if; any; anything; something; got any; possible; free; available; any
        chance (of|); (whats|what is|what are) the; is it possible to (do|have|come|make it); do you have; you have""",
    Role.REQUEST: """(can|could) it be; (can|could|may|might) (i|we) (please |)(do|have|take|get|go for|go
        with|make|come|book|choose|pick|); (can|could|would|will) you (please |)(do|make|book|find|try|put me down
        for|book me in for|give me|)""",
    Role.JOIN: """the; a; an; at; on; in; for; of; to; one; ones; my; our; i; id; ill; we; me; us; be; and; so;
        well; with; there; same; can be; its; thats; it is; it will be; works; work; works for; suits; best; better;
        is (fine|good|ok|okay|better|best|great|perfect|it); (works|suits|is) (better|best|good|well|fine) (for
        me|me|); would be (good|better|best|fine|great|nice|ideal); (id|i would|i|wed|we would)
        (like|want|need|love); (ill|well|i will|we will) (take|have|go for|go with|choose|pick|do); lets (do|go
        for|go with|take|have|say|make it|try); go (for|with); take; choose; pick; give me; want; need; (im|we
        are|were) free; please (make it|take); are (better|best|good|fine|ok); actually; (i |we |)can (do|make);
        number; option; choice; book; booking; put me down for; book me in for""",
    Role.VAGUE: "or; between; before; after; around; about; from; by; maybe; perhaps; some; hmm; hm; um; er; erm",
    Role.UNKNOWN: f"""(yeah|yea) right; oh (please|sure|great|ok|okay); ah (ok|okay); yes and no; yeah no; yeah
        yeah; all good; (dont|do not) (cancel|stop|skip|drop|forget|abort|pass) ({_IT}|); is (it|that|this)
        (on|at|for|in|free)""",
}
_BOOKING = {
    Role.YES: f"""(please|pls) book; book (please|pls|now); (please |pls |)book {_IT} (in|for me|now|please|);
        (please |pls |)book (me|us) (in|) (for (it|that)|); reserve {_IT}; get (it|me) booked (in|);
        (id like|i want|i would like) to book (it|that|); lets book (it|that|);
        (please |)(go ahead|proceed) with {_IT}; (please |)go ahead and book
        ({_IT}|)""",
    Role.POLITE: "(can|could|would|will) you (please |)(book|do) (it|that|me in) (please |)(for me |)(please |)?",
}
"""The question is one in form only: beside a yes it asks for what was agreed to."""
_CANCELLATION = {
    Role.YES: f"""(please |)cancel (it|(the|my) (appointment|booking|service|slot|visit)) (for me|);
        (please |)go ahead and cancel {_IT}""",
    Role.REFUSAL: f"keep {_IT} (as it is|); (please |)(dont|do not) cancel ({_IT}|); leave it (as it is|alone|)",
    Role.UNKNOWN: "cancel; cancel (that|this); please cancel; stop",
}
"""Here "cancel it" agrees, bare "cancel" may mean either, and "book it" is strange."""


def _spelt_out(template: str) -> Iterator[tuple[str, ...]]:
    """The phrases, as words, that a template such as "do (it|that|)" stands for; brackets nest."""
    if not (inner := re.search(r"\(([^()]*)\)", template)):
        yield from (words for part in template.split(";") if (words := tuple(part.split())))
        return
    for choice in inner.group(1).split("|"):
        yield from _spelt_out(template[: inner.start()] + choice + template[inner.end() :])


def _phrases(*tables: Mapping[Role, str]) -> Phrases:
    return {
        words: role
        for table in tables
        for role, templates in table.items()
        for template in templates.split(";")
        for words in _spelt_out(template)
    }


BOOKING = _phrases(_TABLE, _BOOKING)
CANCELLATION = _phrases(_TABLE, _CANCELLATION)
"""What is said where the proposal is to cancel something."""
KNOWN = frozenset(word for words in (*BOOKING, *CANCELLATION) for word in words)
_MOST_WORDS = max(len(words) for words in (*BOOKING, *CANCELLATION))


def segmented(words: Sequence[str], phrases: Phrases) -> list[Phrase]:
    """The words in order, cut into phrases, the longest first; a word that belongs to none is UNKNOWN."""
    parts: list[Phrase] = []
    at = 0
    while at < len(words):
        ends = range(min(at + _MOST_WORDS, len(words)), at, -1)
        end = next((end for end in ends if tuple(words[at:end]) in phrases), at + 1)
        phrase = tuple(words[at:end])
        parts.append((phrases.get(phrase, Role.UNKNOWN), phrase))
        at = end
    return parts
