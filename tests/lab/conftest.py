"""A lab in this process, and a client that has its token."""

import warnings

import numpy as np
import pytest

pytest.importorskip("starlette", reason="the lab needs Starlette")

with warnings.catch_warnings():  # Starlette would have the client's next version
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

from hiddenmix.lab._lab import Lab
from hiddenmix.lab.app import make_app

TOKEN, PORT = "a-token", 8765
HOME = f"http://127.0.0.1:{PORT}"


class Clock:
    """A clock that stands still until it is told to go."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Page:
    """What the page does: calls with the token, whose answers are looked at."""

    def __init__(self, lab):
        self.lab = lab
        self.web = TestClient(
            make_app(TOKEN, PORT, lab), base_url=HOME, headers={"X-Hiddenmix-Token": TOKEN}, follow_redirects=False
        )

    def get(self, path, status=200):
        return self._read(self.web.get(path), status)

    def post(self, path, value=None, status=200, **more):
        return self._read(self.web.post(path, **({"json": value} if value is not None else {}), **more), status)

    def open(self, **config):
        return self.post("/api/session", config)

    def upload(self, content, name="table.csv", status=200, query=""):
        content = content.encode() if isinstance(content, str) else content
        return self.post(f"/api/upload{query}", status=status, content=content, headers={"X-Filename": name})

    def run(self, **config):
        """A session, and a function that gives it orders."""
        told = self.open(**config)

        def do(what, **more):
            return self.post(f"/api/session/{told['session']}/do", {"do": what, **more})["frame"]

        return told, do

    @staticmethod
    def _read(answer, status):
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/json"
        told = answer.json()
        assert ("error" in told) == (status >= 400)
        return told.get("error", told)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lab(clock):
    made = Lab(clock=clock)
    yield made
    made.close()


@pytest.fixture
def page(lab):
    return Page(lab)


@pytest.fixture(scope="session")
def blobs():
    """Three groups in three columns, a label, and some cells missing: as CSV."""
    rng = np.random.default_rng(3)
    rows = ["left,right,high,kind"]
    for i in range(90):
        a, b, c = rng.normal(4 * (i % 3), 1.0, 3).round(3)
        cell = "" if i % 15 == 0 else a
        rows.append(f"{cell},{b},{c},{'xyz'[i % 3]}")
    return "\n".join(rows) + "\n"
