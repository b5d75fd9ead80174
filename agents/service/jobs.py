"""What people call the jobs of a workshop, in the words of schedules and lists of prices."""

from collections.abc import Iterator, Mapping, Sequence

from agents.language.reading import reading
from agents.learning.examples import table

_LONGEST = 4
"""Words of a name."""
_JOBS: Mapping[str, Sequence[str]] = table(__file__, "jobs.toml")["jobs"]
_NAMED = {everyday: job for job, names in _JOBS.items() for everyday in names}


def job_of(phrase: str) -> str:
    """The usual name of what a phrase of a few words in lower case calls a job; "" where it is no such name."""
    return _NAMED.get(phrase, "")


def phrases(spoken: Sequence[str]) -> Iterator[str]:
    """The phrases of some words, the longest first."""
    for length in range(min(_LONGEST, len(spoken)), 0, -1):
        for at in range(len(spoken) - length + 1):
            yield " ".join(spoken[at : at + length])


def named(text: str) -> tuple[frozenset[str], ...]:
    """The jobs that a text names, as the words of their usual names, without the mark of the plural."""
    found = dict.fromkeys(job for phrase in phrases(reading(text).words) if (job := job_of(phrase)))
    return tuple(frozenset(word.removesuffix("s") for word in job.split()) for job in found)
