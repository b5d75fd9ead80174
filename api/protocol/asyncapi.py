"""The sockets as an AsyncAPI 3.0 document, made from the frame types of every dialect. Pure.

See https://www.asyncapi.com/docs/reference/specification/v3.0.0. As there, `receive` and `send` are the server's doing.
"""

import inspect
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from api.protocol.dialect import Dialect

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


def asyncapi(dialects: Iterable[Dialect], *, host: str, secure: bool, version: str) -> Json:
    """The document of a server that is reached at `host` (name and port), with TLS if `secure`."""
    dialects = tuple(dialects)
    schemas: Json = {}
    messages: Json = {}
    for dialect in dialects:
        schemas |= _schemas(dialect)
        messages |= _messages(dialect)
    return {
        "asyncapi": SPECIFICATION,
        "info": {
            "title": "Pitcrew",
            "version": version,
            "description": "Ask and get streamed answers over WebSocket. The HTTP interface is at `/openapi.json`.",
        },
        "defaultContentType": "application/json",
        "servers": {SERVER: {"host": host, "protocol": "wss" if secure else "ws"}},
        "channels": {dialect.name: _channel(dialect) for dialect in dialects},
        "operations": {name: operation for dialect in dialects for name, operation in _operations(dialect).items()},
        "components": {"schemas": schemas, "messages": messages, "securitySchemes": SECURITY},
    }


def _frames(dialect: Dialect) -> tuple[type, ...]:
    words = dialect.words
    return tuple(dict.fromkeys((*words.received, *words.sent)))


def _schemas(dialect: Dialect) -> Json:
    """The types of the frames and of what is in them, by names that begin with the dialect's."""
    template = f"#/components/schemas/{dialect.name}.{{name}}"
    _, schemas = msgspec.json.schema_components(_frames(dialect), ref_template=template)
    return {f"{dialect.name}.{name}": schema for name, schema in schemas.items()}


def _messages(dialect: Dialect) -> Json:
    frames = {
        _message_key(dialect, frame): {
            "name": str(frame.__struct_config__.tag or frame.__name__),  # type: ignore[attr-defined]
            "summary": inspect.cleandoc(frame.__doc__ or ""),
            "payload": _payload(dialect, frame),
        }
        for frame in _frames(dialect)
    }
    texts = {
        _text_key(dialect, text): {
            "name": f"{text} (text)",
            "summary": f"The word `{text}` as it stands.",
            "contentType": "text/plain",
            "payload": {"type": "string", "const": text},
        }
        for text in dialect.words.text
    }
    return frames | texts


def _payload(dialect: Dialect, frame: type) -> Json:
    (reference,), _ = msgspec.json.schema_components(
        [frame], ref_template=f"#/components/schemas/{dialect.name}.{{name}}"
    )
    return reference


def _message_key(dialect: Dialect, frame: type) -> str:
    return f"{dialect.name}.{frame.__name__}"


def _text_key(dialect: Dialect, text: str) -> str:
    return f"{dialect.name}.text.{text}"


def _channel(dialect: Dialect) -> Json:
    module = sys.modules.get(dialect.open.__module__)
    about = inspect.cleandoc((module.__doc__ if module else None) or dialect.name)
    keys = [
        *(_message_key(dialect, frame) for frame in _frames(dialect)),
        *(_text_key(dialect, t) for t in dialect.words.text),
    ]
    channel: Json = {
        "address": dialect.path,
        "description": f"{about}\n\n{GUESTS}" if dialect.guest is not None else about,
        "servers": [{"$ref": f"#/servers/{SERVER}"}],
        "messages": {key: {"$ref": f"#/components/messages/{key}"} for key in keys},
        "bindings": {"ws": {"method": "GET", "query": _query(dialect.words.query)}},
    }
    if parameters := _PARAMETER.findall(dialect.path):
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


def _operations(dialect: Dialect) -> Json:
    words = dialect.words
    received = [
        *(_message_key(dialect, frame) for frame in words.received),
        *(_text_key(dialect, t) for t in words.text),
    ]
    sent = [_message_key(dialect, frame) for frame in words.sent]
    both = (("receive", received), ("send", sent))
    return {f"{dialect.name}.{action}": _operation(dialect, action, keys) for action, keys in both if keys}


def _operation(dialect: Dialect, action: str, keys: list[str]) -> Json:
    channel = f"#/channels/{dialect.name}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{key}"} for key in keys],
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in SECURITY],
    }
