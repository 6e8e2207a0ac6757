"""The token of a server that was started again: by the printed address in the same tab, and in the other tabs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

WAIT = "#lab[aria-busy=false]"


class Restarted:
    """A lab on one port that can be ended and started again, each time with another token."""

    def __init__(self) -> None:
        self.port, self.token, self._times = 0, "", 0
        self.start()

    @property
    def printed(self) -> str:
        """The address that the command line prints."""
        return f"http://127.0.0.1:{self.port}/#token={self.token}"

    def start(self, file: str | None = None) -> None:
        """Answer at the same port, with a new token and no sessions; `file` is what the command line named."""
        import uvicorn

        from hiddenmix.lab._lab import Lab
        from hiddenmix.lab._wire import config
        from hiddenmix.lab.app import make_app
        from hiddenmix.lab.serve import bound_socket, sheet_of

        self._times += 1
        self.token = f"token-{self._times}"
        self._listening = bound_socket(self.port)
        assert self.port in (0, self._listening.getsockname()[1])
        self.port = self._listening.getsockname()[1]
        lab = Lab(None if file is None else sheet_of(file))
        self._server = uvicorn.Server(config(make_app(self.token, self.port, lab)))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listening]})
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(20)
        self._listening.close()
        assert not self._thread.is_alive()


@pytest.fixture
def server() -> Iterator[Restarted]:
    pytest.importorskip("uvicorn", reason="uvicorn is not installed")
    pytest.importorskip("starlette", reason="Starlette is not installed")
    made = Restarted()
    yield made
    made.stop()


@pytest.fixture
def profile(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    yield context
    context.close()


def opened(profile: Any, address: str) -> Any:
    page = profile.new_page()
    page.goto(address)
    page.wait_for_selector(WAIT)
    return page


def stands(page: Any, where: str) -> None:
    """Wait until the page stands there, with nothing to complain of."""
    page.wait_for_function(
        "(where) => document.querySelector('#where').textContent === where"
        " && document.querySelector('#problem').hidden",
        arg=where,
    )


def typed(page: Any, address: str) -> None:
    """An address put into the address bar of a tab that shows the lab: only what follows the # is new."""
    page.evaluate("(address) => { location.href = address; }", address)


def test_the_printed_address_in_the_same_tab_brings_the_page_back(server: Restarted, profile: Any) -> None:
    page = opened(profile, server.printed + "&data=redblue&at=1")
    server.stop()
    server.start()
    page.keyboard.press("m")
    page.wait_for_function("() => document.querySelector('#problem').textContent.includes('token')")
    assert page.inner_text("#where") == "iteration 0, after E"
    typed(page, server.printed)
    stands(page, "iteration 1, after M")  # the call that was refused is repeated
    assert "token" not in page.url
    assert "data=redblue" in page.url
    assert page.evaluate("localStorage.getItem('hiddenmix-token')") == server.token
    page.keyboard.press("e")
    stands(page, "iteration 1, after E")


def test_a_bookmark_in_a_fresh_profile_opens_once_the_printed_address_is_there(server: Restarted, profile: Any) -> None:
    page = profile.new_page()
    page.goto(server.printed.replace(f"token={server.token}", "data=coins&at=3"))
    page.wait_for_function("() => document.querySelector('#problem').textContent.includes('token')")
    assert not page.is_visible("#lab")
    typed(page, server.printed)
    page.wait_for_selector(WAIT)
    stands(page, "iteration 1, after E")
    assert "data=coins" in page.url  # what the bookmark said
    assert "token" not in page.url


def test_the_printed_address_with_a_state_goes_there(server: Restarted, profile: Any) -> None:
    page = opened(profile, server.printed + "&data=redblue&at=1")
    server.stop()
    server.start()
    typed(page, server.printed + "&data=coins&at=2")
    stands(page, "iteration 1, after M")
    assert "data=coins" in page.url
    assert "token" not in page.url


def test_the_same_token_again_only_leaves_the_address(server: Restarted, profile: Any) -> None:
    page = opened(profile, server.printed + "&data=redblue&at=3")
    typed(page, server.printed)
    page.wait_for_function("() => !location.hash.includes('token')")
    stands(page, "iteration 1, after E")
    assert "at=3" in page.url


def test_another_open_tab_takes_the_new_token(server: Restarted, profile: Any) -> None:
    refused, quiet = (opened(profile, server.printed + "&data=redblue&at=1") for _ in range(2))
    server.stop()
    server.start()
    refused.keyboard.press("m")
    refused.wait_for_function("() => document.querySelector('#problem').textContent.includes('token')")
    fresh = opened(profile, server.printed)
    stands(refused, "iteration 1, after M")  # by itself
    quiet.keyboard.press("m")
    stands(quiet, "iteration 1, after M")
    fresh.keyboard.press("e")
    stands(fresh, "iteration 0, after E")


def test_the_printed_address_of_a_server_that_opened_another_file_shows_it(
    server: Restarted, profile: Any, tmp_path: Any
) -> None:
    page = opened(profile, server.printed + "&data=redblue&at=1")
    server.stop()
    (tmp_path / "mine.csv").write_text("a\n" + "\n".join(str(i % 7) for i in range(30)) + "\n")
    server.start(str(tmp_path / "mine.csv"))
    typed(page, server.printed)
    page.wait_for_function("() => document.querySelector('#stage-title').textContent === 'mine.csv'")
    stands(page, "start")
