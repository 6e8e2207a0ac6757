"""Many calls at once: those of one session wait for one another, and nobody else waits for them."""

import http.client
import json
import socket
import threading

import pytest

from hiddenmix.lab._lab import Lab
from hiddenmix.lab._session import Session
from hiddenmix.lab.app import make_app
from hiddenmix.lab.serve import bound_socket

TOKEN = "a-token"
CALLS = 45  # more than there are threads


class Served:
    """A lab that answers at a port."""

    def __init__(self):
        uvicorn = pytest.importorskip("uvicorn", reason="uvicorn is not installed")
        from hiddenmix.lab._wire import config

        self.listening = bound_socket(0)
        self.port = self.listening.getsockname()[1]
        self.server = uvicorn.Server(config(make_app(TOKEN, self.port, Lab())))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listening]})
        self.thread.start()

    def call(self, method, path, value=None):
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        body = None if value is None else json.dumps(value)
        try:
            asking.request(method, path, body, {"X-Hiddenmix-Token": TOKEN})
            answer = asking.getresponse()
            told = json.loads(answer.read())
        finally:
            asking.close()
        assert answer.status == 200, told
        return told

    def asked(self, path, value):
        """A call whose answer nobody has read yet."""
        body = json.dumps(value)
        asking = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nX-Hiddenmix-Token: {TOKEN}\r\n"
        asking.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        return asking

    def close(self):
        self.server.should_exit = self.server.force_exit = True
        self.thread.join(20)
        self.listening.close()
        assert not self.thread.is_alive()


@pytest.fixture
def served():
    made = Served()
    yield made
    made.close()


@pytest.fixture
def gate(monkeypatch):
    """Orders "em" wait behind this gate, and say that they have come so far."""
    opened, entered, seen = threading.Event(), threading.Event(), []
    order = Session.order

    def slow(self, value):
        if value["do"] == "em":
            seen.append(threading.current_thread())
            entered.set()
            assert opened.wait(60)
        return order(self, value)

    monkeypatch.setattr(Session, "order", slow)
    yield opened, entered, seen
    opened.set()


def test_many_long_calls_of_one_session_hold_up_nobody_else(served, gate):
    opened, entered, seen = gate
    one, other = (served.call("POST", "/api/session", {"data": "redblue"})["session"] for _ in range(2))
    long = [served.asked(f"/api/session/{one}/do", {"do": "em"}) for _ in range(CALLS)]
    try:
        assert entered.wait(30)
        assert served.call("GET", "/api/start")["version"]
        assert served.call("POST", f"/api/session/{other}/do", {"do": "e"})["frame"]["at"] == 1
        assert served.call("GET", f"/api/session/{other}/bound?at=1")["touching"]
        assert served.call("GET", f"/api/session/{other}/frame/0")["frame"]["at"] == 0
        assert "import hiddenmix" in served.call("GET", f"/api/session/{other}/script?at=1")["script"]
        assert len(seen) == 1  # the others wait, and none of them in a thread
        opened.set()
        for asking in long:
            assert asking.recv(12) == b"HTTP/1.1 200"
    finally:
        for asking in long:
            asking.close()
    assert len(seen) == CALLS
    assert served.call("GET", f"/api/session/{one}/frame/{10**6}")["frame"]["last"] >= 2 * CALLS - 1


def test_an_order_whose_page_is_gone_is_not_carried_out(served, gate):
    opened, entered, seen = gate
    one = served.call("POST", "/api/session", {"data": "redblue"})["session"]
    first = served.asked(f"/api/session/{one}/do", {"do": "em"})
    assert entered.wait(30)
    gone = [served.asked(f"/api/session/{one}/do", {"do": "em"}) for _ in range(5)]
    served.call("GET", "/api/start")  # by now these have come
    for asking in gone:
        asking.close()
    served.call("GET", "/api/start")
    opened.set()
    assert first.recv(12) == b"HTTP/1.1 200"
    first.close()
    assert served.call("POST", f"/api/session/{one}/do", {"do": "go", "at": 1})["frame"]["last"] == 1
    assert len(seen) == 1


def test_curves_are_drawn_one_at_a_time_and_steps_do_not_wait_for_them(served, monkeypatch):
    opened, entered, seen = threading.Event(), threading.Event(), []

    def slow(self, session, state, axis):
        seen.append(axis)
        entered.set()
        assert opened.wait(60)
        return {"axes": []}

    monkeypatch.setattr(Lab, "bound", slow)
    ids = [served.call("POST", "/api/session", {"data": "redblue"})["session"] for _ in range(4)]
    curves = [threading.Thread(target=served.call, args=("GET", f"/api/session/{id}/bound")) for id in ids]
    for each in curves:
        each.start()
    try:
        assert entered.wait(30)
        for id in ids:
            assert served.call("POST", f"/api/session/{id}/do", {"do": "e"})["frame"]["at"] == 1
        assert len(seen) == 1
    finally:
        opened.set()
        for each in curves:
            each.join(30)
    assert len(seen) == 4
