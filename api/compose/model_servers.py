"""Model servers that answer on this machine: found by asking where they usually listen, and never used unasked."""

import http.client
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from agents.models.providers import PROVIDERS
from api.settings import Settings

SECONDS = 0.3
"""For all addresses together; a server on this machine lists its models in a few milliseconds."""

MOST_BYTES = 500_000
_NAME = re.compile(r"[\w.:/@+-]{1,100}")
"""A model's name as it can be shown in a terminal and written into the settings."""
_HERE = re.compile(r"http://(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?(?:/|\Z)")
_OURS = "pitcrew"
"""Who owns the models of our own OpenAI-compatible API, which listens on one of the usual ports itself."""
_NO_ANSWERS = ("embed", "rerank", "whisper")
"""In names of models that write no text."""


@dataclass(frozen=True, slots=True)
class ModelServer:
    """An OpenAI-compatible server that answers at `base_url`, with the names of the models that it lists."""

    base_url: str
    models: tuple[str, ...]

    @property
    def settings(self) -> tuple[str, ...]:
        """The lines of `.env` that would have its first model used; none where it lists none."""
        name = next((model for model in self.models if not any(word in model.casefold() for word in _NO_ANSWERS)), None)
        if name is None:
            return ()
        if self.base_url == PROVIDERS["ollama"].base_url:
            return (f"PITCREW_MODELS=ollama:{name}",)
        return (f"PITCREW_MODELS=local:{name}", f"PITCREW_LOCAL_BASE_URL={self.base_url}")


def addresses(settings: Settings) -> tuple[str, ...]:
    """Where to look, as the settings say, and nowhere but on this machine."""
    named = dict.fromkeys(address.strip().rstrip("/") for address in settings.model_servers.split(","))
    return tuple(address for address in named if _HERE.match(address))


def look(places: Sequence[str], seconds: float = SECONDS) -> tuple[ModelServer, ...]:
    """The servers that answer at these addresses within the time, in their order. Never raises; blocks."""
    found: dict[str, ModelServer] = {}

    def ask(place: str) -> None:
        names = listed(place, seconds)
        if names is not None:
            found[place] = ModelServer(place, names)

    # Daemons, because one that is answered drop by drop may go on after its time: nobody waits for it.
    threads = [threading.Thread(target=ask, args=(place,), daemon=True) for place in places]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return tuple(found[place] for place in places if place in found)


def listed(base_url: str, seconds: float) -> tuple[str, ...] | None:
    """The models that a server lists; None where none answers, or one that is no model server or is our own. `seconds`
    limits each step of the connection."""
    try:
        address = urlsplit(base_url)
        kind = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}.get(address.scheme)
        if kind is None or address.hostname is None:
            return None
        connection = kind(address.hostname, address.port, timeout=seconds)
        try:
            connection.request("GET", f"{address.path}/models", headers={"Accept": "application/json"})
            answer = connection.getresponse()
            body = answer.read(MOST_BYTES) if answer.status == 200 else b""
        finally:
            connection.close()
        models = msgspec.json.decode(body, type=_List).data
    except (OSError, http.client.HTTPException, ValueError, msgspec.MsgspecError):
        return None
    if any(model.owned_by == _OURS for model in models or ()):
        return None
    return tuple(model.id for model in models or () if _NAME.fullmatch(model.id))


class _Model(msgspec.Struct):
    id: str
    owned_by: str | None = None


class _List(msgspec.Struct):
    """The body of `GET /v1/models`; Ollama says null where it has no model."""

    data: list[_Model] | None
