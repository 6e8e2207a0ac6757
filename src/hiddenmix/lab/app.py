"""The lab as a web application: addresses, bodies and errors. Needs Starlette."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from importlib import resources
from typing import Any, Final, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from hiddenmix._errors import HiddenmixError
from hiddenmix.lab._config import misunderstood
from hiddenmix.lab._lab import Lab
from hiddenmix.lab._security import Guard
from hiddenmix.lab._tables import refuse_large, shown_name
from hiddenmix.lab._turns import Turns, at_once, in_thread

__all__ = ["make_app"]

BOUNDS: Final = "the curves of all sessions"  # one at a time: steps are what users wait for
MOST_JSON: Final = 256 * 1024  # bytes of a call
STATUS: Final = {"HM105": 413, "HM106": 404, "HM419": 404}  # of other codes 400
KINDS: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "json": "application/json",
    "LICENSE": "text/plain; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}

T = TypeVar("T")
Work = Callable[[Request, Lab], Awaitable[dict[str, Any]]]
log = logging.getLogger("hiddenmix.lab")


def make_app(token: str, port: int, lab: Lab | None = None, *, debug: bool = False) -> Guard:
    """The application that answers at this port of 127.0.0.1, to who has the token."""
    here = lab or Lab()

    def api(path: str, method: str, work: Work) -> Route:
        return Route(path, _answering(work, here, debug), methods=[method])

    one = "/api/session/{id}"
    routes = [
        Route("/", _page),
        Route("/favicon.ico", _icon),
        Route("/static/{path:path}", _static),
        api("/api/start", "GET", _start),
        api("/api/upload", "POST", _upload),
        api("/api/session", "POST", _open),
        api(f"{one}/do", "POST", _do),
        api(f"{one}/frame/{{at}}", "GET", _frame),
        api(f"{one}/bound", "GET", _bound),
        api(f"{one}/script", "GET", _script),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _unknown})  # type: ignore[dict-item]
    app.router.redirect_slashes = False
    app.state.turns = Turns()
    return Guard(app, token, port)


async def _start(request: Request, lab: Lab) -> dict[str, Any]:
    return await at_once(lab.start)


async def _open(request: Request, lab: Lab) -> dict[str, Any]:
    return await in_thread(lab.open, await _json(request))


async def _do(request: Request, lab: Lab) -> dict[str, Any]:
    return await _in_turn(request, lab.do, await _json(request))


async def _frame(request: Request, lab: Lab) -> dict[str, Any]:
    return await _in_turn(request, lab.frame, request.path_params["at"])


async def _bound(request: Request, lab: Lab) -> dict[str, Any]:
    where = await _in_turn(request, lab.where, request.query_params.get("at"))
    async with request.app.state.turns.of(BOUNDS):
        return await in_thread(lab.bound, *where, request.query_params.get("axis", ""))


async def _script(request: Request, lab: Lab) -> dict[str, Any]:
    return await _in_turn(request, lab.script, request.query_params.get("at"))


async def _in_turn(request: Request, work: Callable[[str, Any], T], given: Any) -> T:
    """Work in a session, once the calls to it that came before are done, and if it is still waited for."""
    id = request.path_params["id"]
    async with request.app.state.turns.of(id):
        if await request.is_disconnected():
            raise ClientDisconnect
        return await in_thread(work, id, given)


async def _upload(request: Request, lab: Lab) -> dict[str, Any]:
    declared = request.headers.get("content-length", "")
    if declared.isdigit():
        refuse_large(int(declared), lab.tables.limit)
    name = shown_name(request.headers.get("x-filename", ""))
    missing, columns = (_names(request.query_params.get(key, "")) for key in ("missing", "columns"))
    incoming = lab.tables.incoming()
    try:
        async for chunk in request.stream():
            incoming.write(chunk)
        incoming.close()
        async with request.app.state.turns.of("upload"):  # one at a time: reading takes more than what is kept
            return await in_thread(lab.upload, incoming, name, missing, columns)
    except OSError as error:
        raise HiddenmixError("HM516", f"the upload cannot be kept: {error.strerror or error}") from error
    finally:
        incoming.forget()


def _names(text: str) -> tuple[str, ...]:
    """Names from "a,b", as the command line takes them."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


async def _json(request: Request) -> object:
    """The body of a call: HM417 where it is no JSON, or too long."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_JSON:
            raise misunderstood(f"the call is longer than {MOST_JSON // 1024} KB")
    try:
        return json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise misunderstood("the call is not JSON") from None


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _answering(work: Work, lab: Lab, debug: bool) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that answers JSON, and errors by their code."""

    async def endpoint(request: Request) -> Response:
        try:
            return await at_once(_plain, await work(request, lab))
        except HiddenmixError as error:
            return _error(STATUS.get(error.code, 400), error.code, error.message, error.help)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        except Exception as error:
            log.error("unexpected %s: %s", type(error).__name__, error, exc_info=debug)
            what = f"unexpected {type(error).__name__}: {error}"
            return _error(500, "", what, "this is a defect in hiddenmix; hiddenmix lab --debug shows where")

    return endpoint


def _plain(value: dict[str, Any]) -> Response:
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return Response(text, media_type="application/json")


def _error(status: int, code: str, message: str, help: str = "", headers: Any = None) -> Response:
    text = json.dumps({"error": {"code": code, "message": message, "help": help}})
    return Response(text, status, headers, media_type="application/json")


async def _unknown(request: Request, error: HTTPException) -> Response:
    """Addresses and methods that there are not."""
    what = {404: "there is nothing at this address", 405: "this address does not take this method"}
    return _error(error.status_code, "HM417", what.get(error.status_code, str(error.detail)), headers=error.headers)


async def _page(request: Request) -> Response:
    return _file("index.html")


async def _icon(request: Request) -> Response:
    return Response(status_code=204)


async def _static(request: Request) -> Response:
    return _file(request.path_params["path"])


def _file(path: str) -> Response:
    """A file of the page, by the names of its folders and its own; nothing else is ever opened."""
    place = resources.files("hiddenmix.lab") / "static"
    for part in path.split("/"):
        if part in ("", ".", "..") or part not in {each.name for each in place.iterdir()}:
            raise HTTPException(404)
        place = place / part
        if part != path.rpartition("/")[2] and not place.is_dir():
            raise HTTPException(404)
    kind = KINDS.get(path.rpartition(".")[2])
    if kind is None or not place.is_file():
        raise HTTPException(404)
    return Response(place.read_bytes(), headers={"content-type": kind})
