"""Two kinds of text that are nothing like a handbook, made up from a seed: a table of trouble codes and a parts list.

    python -m benchmarks.corpora codes --rows 3000 FOLDER
    python -m benchmarks.corpora parts --rows 3000 FOLDER
    pitcrew eval retrieval FOLDER/codes-questions.jsonl --corpus FOLDER/codes.jsonl

The rows are those of no real maker. Questions name a row by its code or number as people write it, describe it mostly
in other words than it has, do both, or name a code or number that is not there and has no answer.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents {"id", "title", "text"} and questions {"id", "question", "relevant", "kind"}."""

    documents: tuple[Line, ...]
    questions: tuple[Line, ...]


_PLACES = """
corner
front left: left-hand side at the front, near-side front; front right: right-hand side at the front, off-side front
rear left: left-hand side at the back, near-side back; rear right: right-hand side at the back, off-side back

cylinder
cylinder 1: first cylinder, cylinder one; cylinder 2: second cylinder, cylinder two
cylinder 3: third cylinder, cylinder three; cylinder 4: fourth cylinder, cylinder four
cylinder 5: fifth cylinder, cylinder five; cylinder 6: sixth cylinder, cylinder six

bank
bank 1: first bank, bank one; bank 2: second bank, bank two

pack
module 1: pack section 1, the first module; module 2: pack section 2, the second module
module 3: pack section 3, the third module; module 4: pack section 4, the fourth module
module 5: pack section 5, the fifth module; module 6: pack section 6, the sixth module
module 7: pack section 7, the seventh module; module 8: pack section 8, the eighth module
module 9: pack section 9, the ninth module; module 10: pack section 10, the tenth module
module 11: pack section 11, the eleventh module; module 12: pack section 12, the twelfth module

row
driver: the one who drives, driving seat; co-driver: front passenger, beside the driver
second row: seats behind the driver, middle seats
"""

_ONCE = {"": ("",)}
"""The places of what is there once."""

_FAULTS = """
wiring
short to ground: wire touching earth, shorted to chassis
short to supply: shorted to battery plus, wire touching twelve volts; open circuit: broken wire, cable interrupted
contact resistance too high: corroded plug, too many ohms in the connector
wires swapped: crossed cables, connected the wrong way round; current above limit: draws too many amps, overcurrent

sensor
signal implausible: reading makes no sense, nonsense value; signal missing: gives no reading at all, no value received
signal drifting: value wanders off slowly, reading creeps away; supply voltage too low: not enough volts, undervoltage
noise on the line: interference, signal flickers; wrong variant fitted: incorrect part installed, type does not match

actuator
mechanically stuck: jammed, does not move any more; response too slow: sluggish, reacts late
overheated: too hot, thermal cut-off; end stop not learned: needs to be taught in, basic setting not done
running without command: moves by itself, switches on unasked; service life exceeded: worn out, too many cycles

node
no communication: silent on the bus, does not talk any more; checksum wrong: garbled messages, corrupted data
software version incompatible: wrong firmware, software does not match
identifier not registered: not coded to this vehicle, stranger in the network
memory defective: storage broken, cannot keep its data
woken up too often: drains the battery overnight, does not go to sleep
"""

_CODED = """
Engine | P0 | cylinder | wiring actuator
injector: fuel nozzle, injection valve; ignition coil: coil pack, spark coil
glow plug: preheating pencil, cold start heater; intake valve lifter: tappet, hydraulic lash adjuster
piston cooling jet: oil spray nozzle, underside piston sprayer
cylinder cut-off actuator: deactivation unit, half-engine mode solenoid

Engine | P2 | bank | wiring sensor
oxygen sensor: lambda probe, O2 probe; camshaft position sensor: cam sensor, cam timing pickup
knock sensor: pinking detector, detonation microphone; exhaust temperature probe: EGT thermometer, exhaust heat sensor
mass air flow meter: MAF, air mass sensor; fuel rail pressure sensor: common rail gauge, injection pressure sensor
secondary air pump: cold start exhaust blower, emission air pump
turbocharger actuator: boost control drive, wastegate positioner

Traction battery | P1 | pack | wiring sensor
cell voltage tap: cell measuring lead, voltage pickup of the cells
cell temperature sensor: battery thermometer, cell NTC; balancing resistor: equaliser, charge levelling
coolant valve: battery cooling flap, chiller shut-off

Doors | B1 | corner | wiring actuator sensor
window lift motor: power window, electric window; door latch: lock of the door, central locking mechanism
puddle light: entry lamp, ground illumination; mirror heater: wing mirror demister, outside mirror defroster
pinch guard: anti-trap strip, finger protection; handle button: keyless entry switch, touch pad on the handle
child lock drive: kids' safety lock, inside handle blocker; sun blind motor: roller shade, window curtain drive
speaker: loudspeaker, sound box

Seats and restraints | B2 | row | wiring sensor actuator
seat heater mat: warm seat element, cushion heating; belt tensioner: seat belt pretensioner, pyrotechnic belt
occupancy mat: person detection, seat presence sensor; lumbar pump: back support inflator, lower back cushion
side airbag igniter: thorax bag squib, side bag detonator; headrest motor: head restraint adjuster, neck rest drive
buckle switch: belt lock contact, fastened detection; seat fan: ventilated cushion, seat cooling
backrest motor: recline drive, seat back adjuster; massage valve block: kneading function, back massage unit

Chassis | C1 | corner | wiring sensor actuator
wheel speed sensor: ABS ring pickup, wheel rotation sensor
damper valve: shock absorber solenoid, adaptive suspension valve
ride height sensor: level sender, suspension travel sensor
brake pad wear contact: lining wear wire, pad thickness warning; parking brake motor: electric handbrake, EPB drive
tyre pressure receiver: TPMS antenna, inflation monitor aerial
brake pressure modulator: ABS solenoid, hydraulic brake valve
acceleration sensor: g-force pickup, vertical movement detector
air spring bellows: pneumatic suspension bag, air cushion strut

Climate | B3 | once | wiring sensor actuator
blower: cabin fan, ventilation fan; evaporator thermometer: cold coil temperature sensor, evaporator frost probe
recirculation flap: inside air door, fresh air shutter; sun sensor: solar load detector, sunlight photodiode
refrigerant pressure switch: air conditioning gas pressure sensor, freon pressure monitor
auxiliary heater: parking heater, fuel fired heater; ioniser: air purifier, fine dust cleaner
humidity sensor: moisture detector, fogging sensor; defrost flap: windscreen demister door, windshield air shutter
compressor clutch: AC pump coupling, cooling compressor magnet
cabin thermometer: interior temperature sensor, inside air probe; footwell flap: leg room air door, lower vent shutter

Network | U1 | once | node
gateway: central data hub, bus router; instrument cluster: dashboard display, speedometer unit
telematics unit: emergency call box, cellular modem; body computer: BCM, comfort electronics
steering column module: stalk electronics, indicator lever unit
park distance unit: reversing beeper, parking sensor controller
trailer module: tow bar electronics, caravan socket unit; camera controller: lane camera computer, windscreen camera
charging controller: on-board charger electronics, plug-in charger
door module driver: driver door electronics, driver door computer; roof console: overhead panel, sunroof switch unit
seat memory unit: seat position computer, memory seat controller
radar unit: distance cruise sensor, adaptive cruise radar
transfer case unit: all-wheel drive computer, four-wheel drive controller
head-up display: windscreen projector, projected speed display; audio amplifier: sound booster, hi-fi unit
"""
"""Title, beginning of the codes, places and families of faults; what a row says: what people say, or that."""


def _blocks(text: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """The blocks of such a text by their first lines: what a row says, and the ways in which people say it."""
    blocks = {}
    for block in text.strip().split("\n\n"):
        first, *lines = block.splitlines()
        pairs = (entry.split(": ", 1) for line in lines for entry in line.split("; "))
        blocks[first] = {wording: tuple(other.split(", ")) for wording, other in pairs}
    return blocks


_ASKED = {
    "code": "{code} | {code} meaning | what is {code}? | DTC{code} | fault {code} came up | reader shows {code} today",
    "description": "{said}",
    "both": "{code} {said} | {said}, {code} | reader shows {code}, {said}?",
}


@dataclass(frozen=True, slots=True)
class _Row:
    code: str
    title: str
    text: str
    described: tuple[tuple[str, ...], ...]
    """Ways to say what it is, where, and what is wrong."""


def codes(rows: int = 3000, questions: int = 320, *, seed: int = 7) -> Corpus:
    """A table of trouble codes: one row each. Raises ValueError where that many make no sense."""
    chance = Random(seed)
    made = list(_code_rows(chance))
    if rows > len(made):
        raise ValueError(f"There are {len(made)} rows at most")
    chance.shuffle(made)
    documents = [
        {"id": f"code-{at:05}", "title": row.title, "text": f"{row.code}: {row.text}"}
        for at, row in enumerate(made[:rows])
    ]
    known = {row.code for row in made}
    asked: list[Line] = []
    for kind, share in (("code", 0.3), ("description", 0.3), ("both", 0.25), ("absent", 0.15)):
        for at in chance.sample(range(rows), round(questions * share)):
            row = made[at]
            code = unlike(row.code, known, chance) if kind == "absent" else row.code
            frame = chance.choice(_ASKED["code" if kind == "absent" else kind].split(" | "))
            said = frame.format(
                code=code if "DTC{" in frame else respelt(code, chance), said=_described(row.described, chance)
            )
            asked.append(_question("code", asked, said, [] if kind == "absent" else [documents[at]["id"]], kind))
    return Corpus(tuple(documents), tuple(asked))


def _code_rows(chance: Random) -> Iterator[_Row]:
    taken: dict[str, int] = defaultdict(int)
    places, faults = _blocks(_PLACES), _blocks(_FAULTS)
    for first, components in _blocks(_CODED).items():
        title, beginning, where, families = first.split(" | ")
        for (part, part_said), (place, place_said) in product(components.items(), places.get(where, _ONCE).items()):
            taken[beginning] += chance.randint(1, 2)
            number = taken[beginning]
            for kind, (fault, fault_said) in enumerate(pair for family in faults.values() for pair in family.items()):
                if any(fault in faults[family] for family in families.split()):
                    code = _coded(beginning, number, kind)
                    text = f"{' '.join((part[0].upper() + part[1:], place)).strip()}, {fault}"
                    yield _Row(code, title, text, ((part, *part_said), (place, *place_said), (fault, *fault_said)))


def _coded(beginning: str, number: int, kind: int) -> str:
    """The code of a component at a place, and of the kind of its fault, in the shape that its system uses."""
    if beginning[0] in "BC":
        return f"{beginning}{number:03}-{17 + 5 * kind:02X}"
    return f"{beginning}{number * 32 + kind:03X}"


def respelt(name: str, chance: Random) -> str:
    """A code or a part's number as people write it: in lower case, with blanks for hyphens, in pieces, in one."""
    first = len(name) - len(name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    apart = f"{name[:first]} {name[first:].lstrip('-')}" if first else name
    pieces = name.replace("-", " ").replace("/", " ")
    return chance.choice((name, name.lower(), apart.lower(), apart.replace(" ", "-"), pieces, pieces.replace(" ", "")))


def _described(ways: Sequence[Sequence[str]], chance: Random) -> str:
    """What a row is about, in other words and any order."""
    what, where, fault = (chance.choice(some) for some in ways)
    frame = chance.choice(("{what} {where} {fault}", "{fault}: {what} {where}", "{where} {what}, {fault}, what now"))
    return " ".join(frame.format(what=what, where=where, fault=fault).split())


def unlike(name: str, known: set[str], chance: Random) -> str:
    """A code or number of the same shape that is not among the known."""
    while True:
        at = [place for place, character in enumerate(name) if character.isdigit() and place > 1]
        changed = list(name)
        for place in chance.sample(at, min(3, len(at))):
            changed[place] = chance.choice("0123456789")
        if (found := "".join(changed)) not in known:
            return found


def _question(start: str, before: Sequence[Line], said: str, relevant: list[str], kind: str) -> Line:
    return {"id": f"{start}-q{len(before):04}", "question": said, "relevant": relevant, "kind": kind}


_MODELS = (
    "Arvo, Bexley, Corvane, Dorado, Elgin, Farrow, Galano, Hadley, Istra, Jorvik, Kelso, Lanark, Merrow, Nairn, Orlen"
)
_ENGINES = """
engines
1.2 petrol: small petrol, 1.2 litre; 2.0 petrol: big petrol engine, 2 litre petrol
1.6 diesel: small diesel, 1.6 litre diesel; 2.2 diesel: big diesel engine, 2.2 litre diesel
hybrid: part electric, petrol electric; electric: battery powered, EV
"""

_SOLD = """
Filters | ##@-###-###-@ | height {n} mm, outside diameter {m} mm
oil filter cartridge: filter element for engine oil, lubricant filter
cabin pollen filter: air conditioning filter, interior dust filter
air cleaner insert: engine air filter, intake filter panel; particle filter: DPF, soot trap

Brakes | @@-####-@ | diameter {n} mm, minimum thickness {m} mm
brake disc: rotor, braking plate; brake pad set: brake linings, friction pads
brake hose: flexible brake line, rubber pipe to the caliper; caliper repair kit: caliper seals, piston overhaul set

Body and glass | #####-##### | length {n} mm
wiper blade: windshield wiper rubber, screen wiper; bonnet gas strut: hood lifter, hood damper
wing mirror glass: door mirror replacement glass, side mirror pane; boot seal: trunk rubber, tailgate weatherstrip
headlamp unit: front light, headlight assembly

Engine and drive | #@#-###-###-@ | weight {m} kg
alternator: generator, dynamo; timing belt kit: cam belt set, toothed belt with rollers
water pump: coolant pump, cooling circulation pump; clutch kit: coupling set, pressure plate with release bearing
drive shaft joint: CV joint, half-shaft end; engine mount: motor bearing, rubber support of the engine

Electrics | @####/## | {m} A, connector with {n} pins
parking sensor: PDC pickup, reversing beeper; blower resistor: fan speed regulator, cabin fan series resistor
window switch: power window button, window lifter control; fuse carrier: fuse holder, fuse box insert
starter battery: accumulator, 12 volt battery
"""
"""Title, shape of the numbers (@ a letter, # a digit) and sizes; names as above."""


_ORDERED = {
    "number": "{number} | price of {number} | do you have {number}? | part no. {number} | {number} fits what",
    "description": "{said}",
    "both": "is {number} the {said}? | {said}, {number}",
}


@dataclass(frozen=True, slots=True)
class _Part:
    number: str
    title: str
    text: str
    name: str
    model: str
    engine: str


def parts(rows: int = 3000, questions: int = 320, *, seed: int = 11) -> Corpus:
    """A parts list: five shapes of number, and for every name, model and engine the sizes that are sold."""
    chance = Random(seed)
    names = {name: said for some in _blocks(_SOLD).values() for name, said in some.items()}
    made = _parts(rows, chance)
    documents = [
        {"id": f"part-{at:06}", "title": part.title, "text": f"{part.number} {part.text}"}
        for at, part in enumerate(made)
    ]
    alike: Mapping[tuple[str, str, str], list[str]] = defaultdict(list)
    for part, document in zip(made, documents, strict=True):
        alike[part.name, part.model, part.engine].append(document["id"])
    known = {part.number for part in made}
    asked: list[Line] = []
    for kind, share in (("number", 0.35), ("description", 0.3), ("both", 0.2), ("absent", 0.15)):
        for at in chance.sample(range(rows), round(questions * share)):
            part = made[at]
            number = respelt(unlike(part.number, known, chance) if kind == "absent" else part.number, chance)
            said = f"{chance.choice((part.name, *names[part.name]))} for {_fitting(part, chance)}"
            relevant = alike[part.name, part.model, part.engine] if kind == "description" else [documents[at]["id"]]
            said = chance.choice(_ORDERED["number" if kind == "absent" else kind].split(" | ")).format(
                number=number, said=said
            )
            asked.append(_question("part", asked, said, [] if kind == "absent" else relevant, kind))
    return Corpus(tuple(documents), tuple(asked))


def _fitting(part: _Part, chance: Random) -> str:
    engine = chance.choice((part.engine, *_blocks(_ENGINES)["engines"][part.engine]))
    return chance.choice(("a {model} {engine}", "my {engine} {model}", "the {model}, {engine}")).format(
        model=part.model, engine=engine
    )


def _parts(rows: int, chance: Random) -> list[_Part]:
    kinds = [(*first.split(" | "), name) for first, some in _blocks(_SOLD).items() for name in some]
    sold = list(product(kinds, _MODELS.split(", "), _blocks(_ENGINES)["engines"]))
    chance.shuffle(sold)
    known: set[str] = set()
    made: list[_Part] = []
    while len(made) < rows:
        (title, shape, sizes, name), model, engine = sold[len(made) % len(sold)]
        number = _number(shape, chance)
        if number in known:
            continue
        known.add(number)
        first = chance.randint(2009, 2022)
        size = sizes.format(n=chance.randint(20, 900), m=chance.randint(2, 120))
        price = f"{chance.randint(3, 900)}.{chance.randint(0, 99):02} EUR"
        years = f"{first}-{first + chance.randint(1, 6)}"
        text = f"{name.capitalize()}, fits {model} {engine} {years}, {size}, {price}"
        made.append(_Part(number, title, text, name, model, engine))
    return made


def _number(shape: str, chance: Random) -> str:
    drawn = {"#": "0123456789", "@": "ABCDEFGHJKLMNPRSTVWXYZ"}
    return "".join(chance.choice(drawn.get(character, character)) for character in shape)


def write(corpus: Corpus, name: str, folder: Path) -> tuple[Path, Path]:
    """The files of a corpus: NAME.jsonl and NAME-questions.jsonl."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / f"{name}.jsonl", folder / f"{name}-questions.jsonl"
    for path, lines in zip(paths, (corpus.documents, corpus.questions), strict=True):
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return paths


KINDS: Mapping[str, Callable[[int], Corpus]] = {"codes": codes, "parts": parts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--rows", type=int, default=3000)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    try:
        corpus = KINDS[options.kind](options.rows)
    except ValueError as error:
        parser.error(f"--rows: {error}.")
    for path in write(corpus, options.kind, options.folder):
        print(path)


if __name__ == "__main__":
    main()
