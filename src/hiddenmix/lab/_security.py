"""Who may ask, and what browsers may do with the answers: an ASGI application around the lab's own."""

from __future__ import annotations

import asyncio
import hmac
import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["HEADERS", "TOKEN_HEADER", "Guard"]

MOST_DRAINED: Final = 1 << 30  # bytes of a body that nobody wants
TOKEN_HEADER: Final = b"x-hiddenmix-token"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
NAMES: Final = {name for name, _ in HEADERS}
OUTSIDE: Final = (403, "the lab answers calls to its own address only", "open the address that `hiddenmix lab` printed")
NO_TOKEN: Final = (
    401,
    "this call does not carry the lab's token",
    "open the address that `hiddenmix lab` printed, with all that follows the #",
)
ENDED: Final = (503, "the lab has ended", "start it again with: hiddenmix lab")


class Body:
    """What is still to come of a call's body.

    An answer that is sent before all of it has come would be lost with the connection: the other side still writes.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        lengths = _all(scope, b"content-length")
        self._receive, self._size = receive, 0
        self._declared = max((int(each) for each in lengths if each.isdigit()), default=0)
        self._over = not lengths and not _all(scope, b"transfer-encoding")

    async def __call__(self) -> Message:
        """The next piece."""
        message = await self._receive()
        self._over = self._over or message["type"] != "http.request" or not message.get("more_body", False)
        self._size += len(message.get("body", b""))
        return message

    async def drain(self) -> None:
        """Let the rest of it come, where it ends at all."""
        while not self._over and max(self._declared, self._size) <= MOST_DRAINED:
            await self()


class Guard:
    """Foreign Host or Origin: 403. A call of the API without the token: 401. Our headers on every answer."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self.app, self._token = app, token.encode()
        self._hosts = {f"{host}:{port}".encode() for host in ("127.0.0.1", "localhost")}
        if port == 80:
            self._hosts |= {b"127.0.0.1", b"localhost"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on to the application."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # there are no web sockets here
            raise RuntimeError(f"the lab does not speak {scope['type']}")

        body, begun = Body(scope, receive), False

        async def sent(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                await body.drain()
                kept = [pair for pair in message.get("headers", []) if bytes(pair[0]).lower() not in NAMES]
                message = {**message, "headers": [*kept, *HEADERS]}
            await send(message)

        refused = self._refused(scope)
        try:
            if refused is None:
                await self.app(scope, body, sent)
            else:
                await _answer(sent, *refused)
        except asyncio.CancelledError:  # the lab ends: nothing is wrong, and nobody need be told where it happened
            if not begun:
                await _answer(send, *ENDED)

    def _refused(self, scope: Scope) -> tuple[int, str, str] | None:
        """Why the call is not answered: status, message and help."""
        hosts, origins, tokens = (_all(scope, name) for name in (b"host", b"origin", TOKEN_HEADER))
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return OUTSIDE
        if origins and origins != [b"http://" + hosts[0].lower()]:
            return OUTSIDE
        if _all(scope, b"sec-fetch-site") not in ([], [b"same-origin"], [b"none"]) and _guarded(scope):
            return OUTSIDE
        if _guarded(scope) and not (len(tokens) == 1 and hmac.compare_digest(tokens[0], self._token)):
            return NO_TOKEN
        return None


def _guarded(scope: Scope) -> bool:
    """Everything but the page itself and what it is made of."""
    path: str = scope["path"]
    return path != "/" and path != "/favicon.ico" and not path.startswith("/static/")


def _all(scope: Scope, name: bytes) -> list[bytes]:
    return [bytes(value) for key, value in scope["headers"] if bytes(key).lower() == name]


async def _answer(send: Any, status: int, message: str, help: str) -> None:
    body = json.dumps({"error": {"code": "HM418", "message": message, "help": help}}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": body})
