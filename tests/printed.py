"""Client code as it is printed in the documents that this product was asked for, where they are at hand.

It is run as it stands but for host, token and question. Of React parts the logic of the socket is run: the component
without its markup, and without TypeScript's annotations, over a React of a dozen lines that keeps state and calls
effects once.
"""

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

SEEDS = Path(__file__).parent.parent.parent / "shared" / "seeds"
NODE = ("node", "--experimental-websocket", "--no-warnings", "--input-type=module")

REACT = """
const states = [];
let hook = 0, mounted = false, unmount;
const useState = (initial) => {
  const place = hook++;
  if (!mounted) states[place] = initial;
  const set = (next) => { states[place] = typeof next === 'function' ? next(states[place]) : next; };
  return [states[place], set];
};
const useRef = (initial) => useState({ current: initial })[0];
const useEffect = (effect) => { if (!mounted) unmount = effect(); };
const render = (component, ...props) => {
  hook = 0;
  const shown = component(...props);
  mounted = true;
  return shown;
};
"""
WAITING = """
const until = async (holds, what) => {
  for (let tries = 0; tries < 600; tries++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('in vain: ' + what);
};
const tell = (value) => process.stdout.write('TOLD ' + JSON.stringify(value) + '\\n');
"""


QUICK = """
const waits = [], logged = [], wait = setTimeout;
globalThis.setTimeout = (act, ms) => { if (ms >= 1000) waits.push(ms); return wait(act, ms >= 1000 ? ms / 20 : ms); };
console.log = (line) => logged.push(line);
console.error = (line) => logged.push(line);
"""
"""A clock that is twenty times as fast for waits of a second and more, and notes them; and what is logged."""


def printed(prefix: str) -> str:
    """The document `prefix…`; the test is skipped where it is not at hand."""
    found = sorted(SEEDS.glob(f"{prefix}*")) if SEEDS.is_dir() else []
    if not found:
        pytest.skip(f"the document {prefix}… with the printed client is not at hand ({SEEDS})")
    return found[0].read_text(encoding="utf-8")


def printed_blocks(prefix: str, language: str) -> list[str]:
    """All its code blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", printed(prefix), re.S)


def printed_code(prefix: str, language: str, containing: str) -> str:
    """The code block of the document `prefix…` that holds `containing`."""
    return next(block for block in printed_blocks(prefix, language) if containing in block)


def printed_frames(prefix: str) -> list[dict[str, Any]]:
    """The frames that its JSON blocks show, one or several in each; what is left out there stays a text of dots."""
    frames: list[dict[str, Any]] = []
    for block in printed_blocks(prefix, "json"):
        text = re.sub(r"\[\.\.\.\]", "[]", re.sub(r"\{\.\.\.\}", "{}", block)).strip()
        while text:
            frame, end = json.JSONDecoder().raw_decode(text)
            frames.append(frame)
            text = text[end:].strip()
    return frames


def component(code: str, name: str, exposing: str) -> str:
    """The React component `name` without its markup: it returns what its markup uses."""
    start = code.index(f"function {name}(")
    end = code.index("\n  return (\n", start)
    return f"{without_types(code[start:end])}\n  return {exposing};\n}}\n"


def without_types(code: str) -> str:
    """TypeScript of the printed kind as JavaScript: no imports, interfaces, type arguments or annotations."""
    code = re.sub(r"^import .*$", "", code, flags=re.M)
    code = re.sub(r"^interface \w+ \{.*?^\}$", "", code, flags=re.M | re.S)
    code = re.sub(r"^export ", "", code, flags=re.M)
    code = re.sub(r"\b(use\w+)<[^>(]*>\(", r"\1(", code)
    code = re.sub(r"(?<=[(,])(\s*)(\w+): (?:any|boolean|number|string)(?:\[\])?(?=[,)])", r"\1\2", code)
    return re.sub(r"\bconst (\w+): \w+ =", r"const \1 =", code)


def run_in_node(*parts: str, timeout: float = 60) -> Sequence[Any]:
    """Run the parts as one module and give what it has told with `tell`."""
    code = "\n".join((WAITING, *parts, "\nprocess.exit(0);"))
    done = subprocess.run([*NODE, "--eval", code], capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line[5:]) for line in done.stdout.splitlines() if line.startswith("TOLD ")]
