"""Why a socket is closed: the codes that a client acts upon, and the words that go with them."""

NORMAL = 1000
GOING_AWAY = 1001
NO_STATUS = 1005
BINARY = 1003
INTERNAL = 1011
MALFORMED = 4400
AUTH = 4401
FORBIDDEN = 4403
AUTH_DEADLINE = 4408
SLOW = 4410
ERASED = 4411
EXPIRED = 4419
FLOOD = 4429
FOREIGN_ORIGIN = 4003

LEFT_WELL = (NORMAL, GOING_AWAY, NO_STATUS)
"""How a client closes that has read what it was sent; the last is `close()` of a page that gives no code."""

CLOSE_REASONS = {
    NORMAL: "",
    FOREIGN_ORIGIN: "Origin not allowed",
    GOING_AWAY: "the server is restarting",
    BINARY: "binary frames are not supported",
    INTERNAL: "internal error",
    MALFORMED: "too many malformed frames",
    AUTH: "a valid token is needed",
    FORBIDDEN: "the token belongs to another user, or was revoked",
    AUTH_DEADLINE: "no token in time",
    SLOW: "reader too slow, resume when you can",
    ERASED: "all that was held of you was deleted",
    EXPIRED: "the token has expired, resume with a new one",
    FLOOD: "too many frames, or too many sockets of one user",
}
