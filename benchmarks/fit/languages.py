"""Takes out of py3langid's model what is needed to tell the languages apart that the product has words for."""

from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from py3langid import langid

from agents.acts.language import SENTENCES
from agents.acts.language_scores import FILE
from rag import array_file

MODEL = Path(langid.__file__).parent / langid.MODEL_FILE


def write() -> None:
    """Write the file that `agents/acts/language_scores.py` reads."""
    identifier = langid.LanguageIdentifier.from_model_file(MODEL)
    identifier.set_languages(["en", *SENTENCES])
    moves = np.asarray(identifier.tk_nextmove).reshape(-1, 256)[np.asarray(identifier.tk_row)]
    order, steps, back = _tree(moves)
    arrays = {
        "languages": np.array(identifier.nb_classes),
        "steps": steps,
        "back": back,
        "found": np.asarray(identifier.tk_output, dtype=np.int32)[order],
        "table": np.ascontiguousarray(identifier.nb_ptc),
        "prior": identifier.nb_pc,
    }
    array_file.write(FILE, arrays, compressed=True)


def _tree(moves: NDArray[Any]) -> tuple[list[int], NDArray[np.int32], NDArray[np.int32]]:
    """The states by the lengths of their sequences, with the step to each and the one to go back to: numbered anew."""
    numbers, order, waiting = {0: 0}, [0], deque([0])
    steps: list[int] = []
    back = [0]
    while waiting:
        state = waiting.popleft()
        own = numbers[state]
        for letter, after in enumerate(moves[state].tolist()):
            if after in numbers:
                continue
            numbers[after] = len(order)
            order.append(after)
            waiting.append(after)
            steps.append(own << 8 | letter)
            shorter = int(moves[order[back[own]]][letter]) if own else 0
            back.append(numbers[shorter])
    return order, np.array(steps, dtype=np.int32), np.array(back, dtype=np.int32)


if __name__ == "__main__":
    write()
