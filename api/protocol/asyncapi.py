"""The sockets as an AsyncAPI 3.0 document, made from the frame types of every dialect. Pure.

See https://www.asyncapi.com/docs/reference/specification/v3.0.0. As there, `receive` and `send` are the server's doing.
"""

import inspect
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from api.protocol.dialect import Dialect, Words

SPECIFICATION = "3.0.0"
SERVER = "pitcrew"
SECURITY: dict[str, dict[str, Any]] = {
    "token": {"type": "httpApiKey", "in": "query", "name": "token", "description": "A JWT."},
    "ticket": {
        "type": "httpApiKey",
        "in": "query",
        "name": "ticket",
        "description": "A ticket of `POST /api/v1/ticket`: good for one connection, for a minute.",
    },
}
GUESTS = "In development, on this machine, a client without a token is let in as a guest."
_PARAMETER = re.compile(r"\{(\w+)\}")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Published:
    """A socket as the document tells of it: `about` in words, and whether `guests` are let in."""

    name: str
    path: str
    words: Words
    about: str
    guests: bool = False

    @classmethod
    def of(cls, dialect: Dialect) -> "Published":
        """The socket of a dialect; its module tells what it is."""
        module = sys.modules.get(dialect.open.__module__)
        about = inspect.cleandoc((module.__doc__ if module else None) or dialect.name)
        return cls(dialect.name, dialect.path, dialect.words, about, dialect.guest is not None)


def asyncapi(
    sockets: Iterable[Published], *, host: str, secure: bool, version: str, examples: Mapping[str, Json] | None = None
) -> Json:
    """The document of a server that is reached at `host` (name and port), with TLS if `secure`.

    `examples` has a frame by the socket's name, by `receive` or `send`, and by the frame's type."""
    sockets = tuple(sockets)
    schemas: Json = {}
    messages: Json = {}
    for socket in sockets:
        schemas |= _schemas(socket)
        messages |= _messages(socket, (examples or {}).get(socket.name, {}))
    return {
        "asyncapi": SPECIFICATION,
        "info": {
            "title": "Pitcrew",
            "version": version,
            "description": "Ask and get streamed answers over WebSocket. The HTTP interface is at `/openapi.json`.",
        },
        "defaultContentType": "application/json",
        "servers": {SERVER: {"host": host, "protocol": "wss" if secure else "ws"}},
        "channels": {socket.name: _channel(socket) for socket in sockets},
        "operations": {name: operation for socket in sockets for name, operation in _operations(socket).items()},
        "components": {"schemas": schemas, "messages": messages, "securitySchemes": SECURITY},
    }


def _frames(socket: Published) -> tuple[type, ...]:
    words = socket.words
    return tuple(dict.fromkeys((*words.received, *words.sent)))


def _schemas(socket: Published) -> Json:
    """The types of the frames and of what is in them, by names that begin with the dialect's."""
    template = f"#/components/schemas/{socket.name}.{{name}}"
    _, schemas = msgspec.json.schema_components(_frames(socket), ref_template=template)
    return {f"{socket.name}.{name}": schema for name, schema in schemas.items()}


def _messages(socket: Published, examples: Json) -> Json:
    frames = {
        _message_key(socket, frame): {
            "name": str(tag_of(frame) or frame.__name__),
            "summary": inspect.cleandoc(frame.__doc__ or ""),
            "payload": _payload(socket, frame),
            "examples": [{"payload": payload} for payload in _examples(socket, frame, examples)],
        }
        for frame in _frames(socket)
    }
    texts = {
        _text_key(socket, text): {
            "name": f"{text} (text)",
            "summary": f"The word `{text}` as it stands.",
            "contentType": "text/plain",
            "payload": {"type": "string", "const": text},
            "examples": [{"payload": text}],
        }
        for text in socket.words.text
    }
    return frames | texts


def _examples(socket: Published, frame: type, examples: Json) -> list[Json]:
    sides = (("receive", socket.words.received), ("send", socket.words.sent))
    told = [examples.get(side, {}).get(tag_of(frame)) for side, frames in sides if frame in frames]
    return [payload for payload in told if payload is not None]


def tag_of(frame: type) -> str:
    """The frame's type, which tells it from others; "" for the only one of its socket that has none."""
    return str(frame.__struct_config__.tag or "")  # type: ignore[attr-defined]


def _payload(socket: Published, frame: type) -> Json:
    (reference,), _ = msgspec.json.schema_components(
        [frame], ref_template=f"#/components/schemas/{socket.name}.{{name}}"
    )
    return reference


def _message_key(socket: Published, frame: type) -> str:
    return f"{socket.name}.{frame.__name__}"


def _text_key(socket: Published, text: str) -> str:
    return f"{socket.name}.text.{text}"


def _channel(socket: Published) -> Json:
    keys = [
        *(_message_key(socket, frame) for frame in _frames(socket)),
        *(_text_key(socket, t) for t in socket.words.text),
    ]
    channel: Json = {
        "address": socket.path,
        "description": f"{socket.about}\n\n{GUESTS}" if socket.guests else socket.about,
        "servers": [{"$ref": f"#/servers/{SERVER}"}],
        "messages": {key: {"$ref": f"#/components/messages/{key}"} for key in keys},
        "bindings": {"ws": {"method": "GET", "query": _query(socket.words.query)}},
    }
    if parameters := _PARAMETER.findall(socket.path):
        channel["parameters"] = {
            name: {"description": "Any text of yours: it names the conversation."} for name in parameters
        }
    return channel


def _query(own: Mapping[str, str]) -> Json:
    shared = {name: scheme["description"] for name, scheme in SECURITY.items()}
    descriptions = {**own, **shared}
    return {
        "type": "object",
        "properties": {name: {"type": "string", "description": text} for name, text in descriptions.items()},
    }


def _operations(socket: Published) -> Json:
    words = socket.words
    received = [
        *(_message_key(socket, frame) for frame in words.received),
        *(_text_key(socket, t) for t in words.text),
    ]
    sent = [_message_key(socket, frame) for frame in words.sent]
    both = (("receive", received), ("send", sent))
    return {f"{socket.name}.{action}": _operation(socket, action, keys) for action, keys in both if keys}


def _operation(socket: Published, action: str, keys: list[str]) -> Json:
    channel = f"#/channels/{socket.name}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{key}"} for key in keys],
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in SECURITY],
    }
