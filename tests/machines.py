"""What a maker of coffee machines has written, as chunks: a trade whose products do not drive."""

from functools import cache

from agents.vehicles.range import Vehicles
from rag.types import Chunk
from tests import bundled

VEHICLES = Vehicles.parse(
    """model,variant,years,powertrain,aliases,make
Brava,Brava Solo,2025,,small machine;brava one,Torrelli
Brava,Brava Duo,2025,,double brava,Torrelli
Cima,Cima 8,2025,,,Torrelli
Cima,Cima 8 Pro,2025,,cima pro,Torrelli
Litro,Litro 30,2025,,big machine,Torrelli
"""
)
_DOCUMENTS = {
    "specs/machines.csv": """model,variant,water tank (l),noise (dB),weight (kg),price (EUR),power (W),total weight (kg)
Brava,Brava Solo,1.1,64,7.2,449,1250,12
Brava,Brava Duo,1.8,62,9.1,599,1450,14
Cima,Cima 8,2.0,,11.4,899,1600,16
Cima,Cima 8 Pro,2.4,57,12.8,1249,1850,18
Litro,Litro 30,5.0,68,19.5,2190,2700,30
""",
    "maintenance/care.md": """# Care

## Service plan

| work | applies to | interval |
| --- | --- | --- |
| Descale | Brava; Litro | every 3 months |
| Replace the seals | all | every 2 years |
""",
    "troubleshooting/codes.csv": """code,meaning,applies to,what to do,may go on using
E1,Water tank empty,all,Fill the tank,yes
E2,Grinder blocked,Brava; Cima,Clean the grinder,no
F.12,Heater sensor open,Litro 30,Call a service partner,no
""",
    "records/partners.csv": """dealer,town,street,telephone,Monday to Friday,time zone,services,slot,places per slot
Bohne und Bar,Lindau,Hafenweg 3,0700 310 411,08:00-17:00,Europe/Berlin,Brava; Cima; Litro,60,1
Espresso Klinik,Ulm,Donaustrasse 77,0700 310 433,by arrangement,Europe/Berlin,Brava; Cima,60,1
""",
}


@cache
def chunks() -> tuple[Chunk, ...]:
    """All of it, by document."""
    return tuple(chunk for name, text in _DOCUMENTS.items() for chunk in bundled.chunks_of(name, text.encode()))


@cache
def reference() -> bundled.Parsed:
    return bundled.Parsed(chunks(), VEHICLES)
