"""A real server for the whole session, and a fresh page for each test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

TOKEN = "a-token-for-the-tests"
#: The page's own record of what its Content-Security-Policy stopped.
WATCH = "window.stopped = []; addEventListener('securitypolicyviolation', (e) => window.stopped.push(e.blockedURI));"
#: Every element of the pictures, with what makes it look as it does.
DRAWN = """() => [...document.querySelectorAll('#stage *, #trace-plot *, #bound-box *, #rows *, #legend *')].map((e) =>
  [e.tagName, ...['class', 'd', 'transform', 'x', 'y', 'cx', 'cy', 'r', 'x1', 'y1', 'y2', 'style']
     .map((a) => e.getAttribute(a)), e.children.length ? '' : e.textContent].join('|'))"""


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the lab answers; it runs in a thread of this process."""
    uvicorn = pytest.importorskip("uvicorn", reason="uvicorn is not installed")
    pytest.importorskip("starlette", reason="Starlette is not installed")
    from hiddenmix.lab.app import make_app
    from hiddenmix.lab.serve import bound_socket

    listening = bound_socket(0)
    port = listening.getsockname()[1]
    config = uvicorn.Config(make_app(TOKEN, port), ws="none", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    running.start()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = server.force_exit = True
    running.join(20)
    listening.close()
    assert not running.is_alive()


@dataclass
class Screen:
    """A page of the lab, and everything that it asked for or complained of."""

    page: Any
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()  # parts of complaints that a test provokes

    def open(self, state: str) -> Screen:
        """Another address typed over the old one: the page stays."""
        self.page.evaluate(
            "(state) => new Promise((seen) => { addEventListener('popstate', () => seen(), { once: true });"
            " location.hash = state; })",
            state,
        )
        return self.settle()

    def settle(self) -> Screen:
        """Wait until nothing is under way."""
        self.page.wait_for_selector("#lab[aria-busy=false]")
        return self

    def listen(self, said: Any) -> None:
        """Keep what the console complains of."""
        if said.type in ("error", "warning"):
            self.complaints.append(said.text)

    def click(self, selector: str) -> Screen:
        """Press something, and wait for what comes of it."""
        self.page.click(selector)
        return self.settle()

    def quickly(self, selector: str, times: int) -> Screen:
        """Press something many times without waiting."""
        self.page.evaluate(
            "([selector, times]) => { for (let i = 0; i < times; i += 1) document.querySelector(selector).click(); }",
            [selector, times],
        )
        return self.settle()

    def press(self, *keys: str) -> Screen:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
            self.settle()
        return self

    def text(self, selector: str) -> str:
        """What is written somewhere."""
        return str(self.page.inner_text(selector))

    @property
    def state(self) -> str:
        """The address behind the #."""
        return str(self.page.evaluate("location.hash.slice(1)"))

    @property
    def values(self) -> dict[str, tuple[str, str]]:
        """The table: parameter -> the value now as it is shown, and to ten digits."""
        rows = self.page.evaluate(
            "[...document.querySelectorAll('#rows tr')].map((row) => "
            "[row.cells[0].title, row.cells[2].textContent, row.cells[2].title])"
        )
        return {name: (shown, digits) for name, shown, digits in rows}

    def picture(self) -> list[str]:
        """All that is drawn and said, in no order, to compare two screens."""
        return sorted(self.page.evaluate(DRAWN))


@pytest.fixture
def lab(address: str, browser: Any) -> Iterator[Callable[..., Screen]]:
    """A maker of screens: state, width, height, and what else a browser context may be told.

    At the end of a test no page may have complained, or asked for anything elsewhere.
    """
    made: list[Screen] = []
    contexts = []

    def make(state: str = "", width: int = 1280, height: int = 800, **given: Any) -> Screen:
        given = {"reduced_motion": "reduce", **given}
        context = browser.new_context(viewport={"width": width, "height": height}, **given)
        context.set_default_timeout(15_000)
        context.add_init_script(WATCH)
        contexts.append(context)
        screen = Screen(context.new_page(), address)
        page = screen.page
        page.on("request", lambda request: screen.requests.append(request.url))
        page.on("pageerror", lambda error: screen.complaints.append(f"error: {error}"))
        page.on(
            "console", lambda said: screen.complaints.append(said.text) if said.type in ("error", "warning") else None
        )
        page.goto(f"{address}/#token={TOKEN}&{state}")
        made.append(screen)
        return screen.settle()

    yield make
    for screen in made:
        outside = [url for url in screen.requests if not url.startswith((address + "/", "about:", "data:image/"))]
        stopped = screen.page.evaluate("window.stopped ?? []")
        complaints = [said for said in screen.complaints if not any(part in said for part in screen.expected)]
        assert (outside, stopped, complaints) == ([], [], [])
        assert len(screen.requests) > 15
    for context in contexts:
        context.close()
