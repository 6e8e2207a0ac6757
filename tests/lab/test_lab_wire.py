"""The server on the wire: calls that are too long, that never end, or that are under way when the lab ends."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hiddenmix.lab._lab import Lab
from hiddenmix.lab._session import Session
from hiddenmix.lab.app import MOST_JSON, make_app
from hiddenmix.lab.serve import bound_socket

TOKEN = "a-token"
PATIENCE = 1.0  # seconds
URL = re.compile(r"http://127\.0\.0\.1:(\d+)/#token=([\w-]{20,})")
ENDED = ["The lab runs on this computer only. Ctrl-C ends it.", "The lab has ended."]


def call(port, token, path, body=b"", head="", length=None, method="POST"):
    """A call as bytes, on a connection whose answer nobody has read yet."""
    asking = socket.create_connection(("127.0.0.1", port), timeout=60)
    start = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Hiddenmix-Token: {token}\r\n{head}"
    start += "" if "chunked" in head else f"Content-Length: {len(body) if length is None else length}\r\n"
    start += "" if "Upgrade" in head else "Connection: close\r\n"
    asking.sendall(f"{start}\r\n".encode() + body)
    return asking


def read(asking):
    """Status and content of the answer, up to the end of the connection."""
    found = b""
    with asking:
        while piece := asking.recv(1 << 16):
            found += piece
    head, _, body = found.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


@pytest.fixture
def served():
    """A lab in this process: its port, and the lab."""
    pytest.importorskip("uvicorn", reason="uvicorn is not installed")
    import uvicorn

    from hiddenmix.lab._wire import config

    lab = Lab(limit=3_000_000)
    lab.warm()
    listening = bound_socket(0)
    port = listening.getsockname()[1]
    server = uvicorn.Server(config(make_app(TOKEN, port, lab)))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield port, lab
    server.should_exit = server.force_exit = True
    thread.join(20)
    listening.close()
    lab.close()
    assert not thread.is_alive()


@pytest.fixture
def narrow(monkeypatch):
    monkeypatch.setattr("hiddenmix.lab._wire.MOST_CONNECTIONS", 4)


def test_more_connections_than_there_are_files_for_are_refused(narrow, served):
    idle = [socket.create_connection(("127.0.0.1", served[0]), timeout=60) for _ in range(4)]
    asking = call(served[0], TOKEN, "/api/start", method="GET")
    assert asking.recv(12) == b"HTTP/1.1 503"
    for each in (*idle, asking):
        each.close()
    for _ in range(1000):
        with call(served[0], TOKEN, "/api/start", method="GET") as asking:
            answer = asking.recv(12)
        if answer == b"HTTP/1.1 200":
            break
    assert answer == b"HTTP/1.1 200"


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("hiddenmix.lab._wire.PATIENCE", PATIENCE)


@pytest.mark.parametrize("size", [MOST_JSON + 1, 20_000_000])
def test_a_call_that_is_too_long_is_answered(served, size):
    status, told = read(call(served[0], TOKEN, "/api/session", b'"' + b"a" * (size - 2) + b'"'))
    assert (status, told["error"]["code"]) == (400, "HM417")


@pytest.mark.parametrize("declared", [True, False])
def test_an_upload_that_is_too_large_is_answered(served, declared):
    body = b"1.25,2.5\n" * 2_000_000
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(body) // 4, body[i::4]) for i in range(4)) + b"0\r\n\r\n"
    head = "" if declared else "Transfer-Encoding: chunked\r\n"
    status, told = read(call(served[0], TOKEN, "/api/upload", body if declared else chunks, head))
    assert (status, told["error"]["code"]) == (413, "HM105")


def test_an_upload_without_the_token_is_answered(served):
    status, told = read(call(served[0], "an-old-token", "/api/upload", b"1.25,2.5\n" * 2_000_000))
    assert (status, told["error"]["code"]) == (401, "HM418")


def test_a_body_without_end_is_not_waited_for(served):
    asking = call(served[0], "an-old-token", "/api/upload", length=10**12)
    assert asking.recv(12) == b"HTTP/1.1 401"
    asking.close()


@pytest.mark.parametrize("begun", [b"", b"G", b"POST /api/start HTTP/1.1\r\nHost: x\r\nX-Long: "])
def test_a_head_that_does_not_come_ends_the_connection(served, impatient, begun):
    with socket.create_connection(("127.0.0.1", served[0]), timeout=60) as asking:
        asking.sendall(begun)
        assert asking.recv(100) == b""


def drip(asking):
    for _ in range(10_000):
        asking.sendall(b"a")
        time.sleep(0.01)


def test_a_head_that_comes_drop_by_drop_does_not_last(served, impatient):
    with socket.create_connection(("127.0.0.1", served[0]), timeout=60) as asking:
        asking.sendall(b"GET / HTTP/1.1\r\nX-Long: ")
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            drip(asking)


def test_a_body_that_does_not_come_ends_the_connection_and_leaves_no_file(served, impatient):
    port, lab = served
    asking = call(port, TOKEN, "/api/upload", b"a,b\n1,2\n", length=1000)
    with asking:
        assert asking.recv(100) == b""
    for _ in range(1000):
        if not os.listdir(lab.tables.folder):
            break
        time.sleep(0.01)
    assert os.listdir(lab.tables.folder) == []


def test_a_body_that_comes_slowly_is_taken(served, impatient):
    body = b'{"data": "redblue"}'
    asking = call(served[0], TOKEN, "/api/session", length=len(body))
    for i in range(len(body)):
        asking.sendall(body[i : i + 1])
        time.sleep(1.5 * PATIENCE / len(body))
    assert asking.recv(12) == b"HTTP/1.1 200"
    asking.close()


def test_work_that_takes_long_is_waited_for(served, impatient, monkeypatch):
    plain = Session.order

    def slow(self, value):
        time.sleep(1.5 * PATIENCE)
        return plain(self, value)

    monkeypatch.setattr(Session, "order", slow)
    id = read(call(served[0], TOKEN, "/api/session", b'{"data": "redblue"}'))[1]["session"]
    asking = call(served[0], TOKEN, f"/api/session/{id}/do", b'{"do": "e"}')
    assert asking.recv(12) == b"HTTP/1.1 200"
    asking.close()


@pytest.fixture
def started(tmp_path):
    """Start the command with a folder of its own for temporary files: process, port and token."""
    running = []
    (tmp_path / "tmp").mkdir()

    def start(before=""):
        code = f"{before}\nfrom hiddenmix.cli import main; main(prog_name='hiddenmix')"
        command = [sys.executable, "-c", code, "lab", "--no-browser", "--port", "0"]
        process = subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        )  # fmt: skip
        running.append(process)
        port, token = URL.fullmatch(process.stdout.readline().strip()).groups()
        return process, int(port), token

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def ended(process, number=signal.SIGINT):
    """What is printed when a signal has ended the lab."""
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out == ""
    return err.splitlines()


def test_ctrl_c_with_calls_under_way_prints_nothing_more(started):
    process, port, token = started()
    rows = "".join(f"{(i * 7919) % 1000 / 31},{(i * 104729) % 997 / 17}\n" for i in range(60_000))
    table = read(call(port, token, "/api/upload", b"a,b\n" + rows.encode()))[1]
    config = json.dumps({**table["config"], "k": 12, "start": "random"}).encode()
    id = read(call(port, token, "/api/session", config))[1]["session"]
    under_way = [call(port, token, f"/api/session/{id}/do", b'{"do": "end", "at": 0}') for _ in range(5)]
    under_way += [call(port, token, f"/api/session/{id}/bound", method="GET") for _ in range(5)]
    under_way += [call(port, token, "/api/upload", b"a,b\n1,2\n", length=1000)]
    under_way += [call(port, token, "/api/start", method="GET")]
    assert under_way[-1].recv(12) == b"HTTP/1.1 200"  # by now the others have come
    assert ended(process) == ENDED
    for asking in under_way:
        asking.close()


def test_a_web_socket_is_not_spoken_of(started):
    process, port, token = started()
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n"
    asking = call(port, token, "/api/start", head=upgrade, method="GET")
    assert asking.recv(12) == b"HTTP/1.1 200"
    asking.close()
    assert ended(process) == ENDED


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
@pytest.mark.parametrize("name", ["SIGHUP", "SIGTERM", "SIGINT"])
def test_no_upload_is_left_behind(started, tmp_path, name):
    process, port, token = started()
    assert read(call(port, token, "/api/upload", b"a,b\n1,2\n3,5\n4,4\n"))[0] == 200
    assert len(os.listdir(tmp_path / "tmp")) == 1
    assert ended(process, getattr(signal, name)) == ENDED
    assert os.listdir(tmp_path / "tmp") == []


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
def test_who_ignores_a_hang_up_goes_on_ignoring_it(started):
    process, port, token = started("import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)")
    process.send_signal(signal.SIGHUP)
    assert read(call(port, token, "/api/session", b'{"data": "redblue"}'))[0] == 200
    assert ended(process) == ENDED


def aged(folder: Path) -> None:
    """Make a folder look as if nobody had touched it for a day."""
    day = time.time() - 86_400
    os.utime(folder, (day, day))


@pytest.mark.skipif(sys.platform == "win32", reason="a folder cannot be locked there")
def test_what_a_killed_lab_left_behind_the_next_one_removes(started, tmp_path):
    folders = tmp_path / "tmp"
    killed, port, token = started()
    assert read(call(port, token, "/api/upload", b"a,b\n1,2\n3,5\n4,4\n"))[0] == 200
    killed.kill()
    killed.communicate()
    [left] = folders.iterdir()
    assert list(left.iterdir())
    other, port, token = started()
    assert read(call(port, token, "/api/upload", b"a,b\n1,2\n3,5\n4,4\n"))[0] == 200
    [own] = set(folders.iterdir()) - {left}
    (folders / "hiddenmix-lab-of-somebody").write_text("a file")
    (folders / "hiddenmix-labels").mkdir()
    for each in folders.iterdir():
        aged(each)
    third, *_ = started()
    for _ in range(1000):
        if not left.exists():
            break
        time.sleep(0.01)
    names = {each.name for each in folders.iterdir()}
    assert names == {own.name, "hiddenmix-lab-of-somebody", "hiddenmix-labels"}
    assert list(own.iterdir())  # its lab still runs
    assert ended(other) == ended(third) == ENDED
