"""Does a turn cost the same late in a conversation? One customer asks on and on in one conversation.

    python -m benchmarks.lengths [--data DIR] [--turns 200]

Printed are milliseconds of the processor a turn and of the clock to the first token, for every twentieth of the
conversation, from the scripted model with 50 tokens. The questions are those of `knowledge_base/questions.jsonl`, in an
order of chance that is the same each time, so that the first and the last twentieth ask for like things. Needs
`pitcrew ingest knowledge_base` to have run on DIR.
"""

import argparse
import asyncio
import os
from pathlib import Path
from random import Random

import psutil
import uvloop

from benchmarks.comparison import MODEL_PORT, processor_s, running, serving, token_of
from benchmarks.conversations import ROOT, percentile
from benchmarks.crowd import questions
from benchmarks.load import Figures, closed_loop, opened

MODEL = "script-50tok"
PORT = 9183
LOT = 20


async def conversed(process: psutil.Process, token: str, turns: int) -> None:
    """Ask so many questions in one conversation, and print what each lot of them took."""
    figures, asked = Figures(), questions()
    Random(0).shuffle(asked)
    (socket,) = await opened(PORT, token, 1, figures)
    await closed_loop([socket], len(asked), lambda number: asked[number])  # what is remembered of texts, is by now
    print("| turns | processor, ms a turn | first token, ms |")
    print("| ---: | ---: | ---: |")
    session = f"bench-{os.getpid()}"
    for start in range(0, turns, LOT):
        figures.clear()
        before = processor_s(process)
        for number in range(start, start + LOT):
            await asyncio.wait_for(socket.ask(asked[number % len(asked)], session), 120)
        spent = 1000 * (processor_s(process) - before) / LOT
        print(f"| {start + 1}–{start + LOT} | {spent:.0f} | {1000 * percentile(figures.firsts, 0.5):.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("PITCREW_DATA_DIR", ROOT / "data")))
    parser.add_argument("--turns", type=int, default=200)
    options = parser.parse_args()
    token = token_of(options.data)
    with (
        running("benchmarks.scripted_model", port=MODEL_PORT, path="/v1/models"),
        serving("product", options.data, PORT, MODEL) as process,
    ):
        uvloop.run(conversed(process, token, options.turns))


if __name__ == "__main__":
    main()
