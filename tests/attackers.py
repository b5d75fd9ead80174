"""Strangers who mean harm, as raw sockets: from another address of this machine than the customers'."""

import os
import socket
import struct
import time
from contextlib import suppress

ADDRESS = "127.0.0.66"
HANDSHAKE = (
    b"GET /ws/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TEXT, PING, PONG = 0x1, 0x9, 0xA


def frame(opcode: int, body: bytes = b"", *, last: bool = True) -> bytes:
    """A client's frame."""
    head = bytes([opcode | (0x80 if last else 0)])
    length = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + struct.pack("!H", len(body))
    mask = os.urandom(4)
    return head + length + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(body))


class Stranger:
    """One connection; `address` is where it comes from."""

    def __init__(self, port: int, address: str = ADDRESS) -> None:
        self.line = socket.socket()
        self.line.settimeout(30)
        self.line.bind((address, 0))
        self.line.connect(("127.0.0.1", port))

    def send(self, data: bytes) -> bool:
        """Whether the server still takes it."""
        try:
            self.line.sendall(data)
        except OSError:
            return False
        return True

    def upgrade(self) -> "Stranger":
        """Make it a socket. Raises AssertionError where that is refused."""
        self.send(HANDSHAKE)
        told = self.line.recv(4096)
        assert told.startswith(b"HTTP/1.1 101"), told
        return self

    def rest(self, within_s: float = 30) -> bytes:
        """Everything that comes until the server closes. Raises TimeoutError where it does not."""
        told, ends = b"", time.monotonic() + within_s
        while True:
            self.line.settimeout(max(0.01, ends - time.monotonic()))
            try:
                piece = self.line.recv(65536)
            except ConnectionError:
                return told
            if not piece:
                return told
            told += piece

    def close(self) -> None:
        with suppress(OSError):
            self.line.close()

    def __enter__(self) -> "Stranger":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
