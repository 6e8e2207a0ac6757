"""What tests of several folders share."""

import shutil
import signal
from collections.abc import Iterator
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session", autouse=True)
def signals() -> None:
    """Programs that tests start hear signals, also where who started the tests (nohup, `&`) has them ignored."""
    usual = {"SIGINT": signal.default_int_handler, "SIGHUP": signal.SIG_DFL}
    for number, handler in ((getattr(signal, name, None), handler) for name, handler in usual.items()):
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The Chromium of the system, without a window; one for all, as its driver keeps a loop running until it ends."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("there is no Chromium here")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()
