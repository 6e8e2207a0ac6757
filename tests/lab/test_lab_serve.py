"""The command: what it prints, where it listens, and that it ends."""

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from hiddenmix._errors import HiddenmixError
from hiddenmix.cli import main
from hiddenmix.lab import serve as serving
from hiddenmix.lab.serve import bound_socket, sheet_of

URL = re.compile(r"http://127\.0\.0\.1:(\d+)/#token=([\w-]{20,})")


@pytest.fixture
def started(tmp_path):
    """Start the command in a folder of its own, and end it at last."""
    running = []

    def start(*args):
        code = "from hiddenmix.cli import main; main(prog_name='hiddenmix')"
        command = [sys.executable, "-c", code, "lab", "--no-browser", "--port", "0", *args]
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        running.append(process)
        return process, process.stdout.readline().strip()

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def call(port, token, path, value=None):
    body = None if value is None else json.dumps(value).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, {"X-Hiddenmix-Token": token})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def test_the_printed_address_works_and_ctrl_c_ends_it(started, tmp_path):
    (tmp_path / "mine.csv").write_text("a,b\n" + "".join(f"{i % 7},{i % 5 + i / 9}\n" for i in range(40)))
    process, line = started("mine.csv")
    port, token = URL.fullmatch(line).groups()
    told = call(port, token, "/api/start")
    assert told["open"]["data"].startswith("table-")
    opened = call(port, token, "/api/session", told["open"])
    assert opened["scene"]["title"] == "mine.csv"
    frame = call(port, token, f"/api/session/{opened['session']}/do", {"do": "end"})["frame"]
    assert frame["loglik"] > opened["frame"]["loglik"]
    with pytest.raises(urllib.error.HTTPError) as caught:
        call(port, "wrong", "/api/start")
    assert caught.value.code == 401
    caught.value.close()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert out == ""
    assert err.splitlines() == ["The lab runs on this computer only. Ctrl-C ends it.", "The lab has ended."]


def test_ctrl_c_ends_it_while_it_is_stepping(started, tmp_path):
    rows = "".join(f"{(i * 7919) % 1000 / 31},{(i * 104729) % 997 / 17}\n" for i in range(60_000))
    (tmp_path / "large.csv").write_text("a,b\n" + rows)
    process, line = started("large.csv", "--json")
    port, token = URL.fullmatch(
        json.loads(line + process.stdout.readline() + process.stdout.readline())["url"]
    ).groups()
    config = {**call(port, token, "/api/start")["open"], "k": 12, "start": "random"}
    id = call(port, token, "/api/session", config)["session"]
    body = json.dumps({"do": "end"}).encode()
    with socket.create_connection(("127.0.0.1", int(port))) as asking:
        head = f"POST /api/session/{id}/do HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Hiddenmix-Token: {token}\r\n"
        asking.sendall(head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_port_that_is_taken_gives_the_next_free_one():
    with bound_socket(0) as first:
        port = first.getsockname()[1]
        with bound_socket(port) as second:
            assert second.getsockname()[0] == "127.0.0.1"
            assert port < second.getsockname()[1] < port + 50


def test_small_packets_are_not_held_back():
    with bound_socket(0) as listening:
        assert listening.proto == socket.IPPROTO_TCP  # what asyncio asks before it sets TCP_NODELAY


def test_no_free_port_is_told(monkeypatch):
    monkeypatch.setattr(serving, "TRIED", 1)
    with bound_socket(0) as first, pytest.raises(HiddenmixError) as caught:
        bound_socket(first.getsockname()[1])
    assert caught.value.code == "HM422"


def test_what_cannot_be_read_is_told_before_anything_starts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("broken.csv").write_text("a,b\n1,2\n2,3\n3,4\nn/a?,5\n")
    for name, code in (("nothing.csv", "HM101"), ("broken.csv", "HM112"), ("penguin", "HM101")):
        result = CliRunner().invoke(main, ["lab", name, "--no-browser"])
        assert result.exit_code == 1
        assert f"error[{code}]" in result.stderr
        fitted = CliRunner().invoke(main, ["fit", name])
        assert result.stderr.splitlines()[0] == fitted.stderr.splitlines()[0]


def test_a_name_and_a_file_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert sheet_of("penguins").builtin
    Path("penguins").write_text("a,b\n1,2\n2,5\n4,1\n")
    sheet = sheet_of("penguins")
    assert not sheet.builtin
    assert sheet.inspection.n_rows == 3
    again = sheet_of("penguins")
    assert again.id == sheet.id


@pytest.mark.parametrize("lacking", ["starlette", "uvicorn"])
def test_a_missing_package_is_told_with_the_line_that_installs_it(lacking, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == lacking or name == "hiddenmix.lab.app"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, lacking, None)
    result = CliRunner().invoke(main, ["lab", "--no-browser"])
    assert result.exit_code == 2
    assert "error[HM408]" in result.stderr
    assert 'pip install "hiddenmix[lab]"' in result.stderr


def test_the_library_does_not_load_the_web():
    code = (
        "import sys, hiddenmix, hiddenmix.plot, hiddenmix.cli, hiddenmix.lab\n"
        "print([name for name in ('starlette', 'uvicorn', 'sklearn', 'duckdb') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_starting_does_not_wait_for_the_library():
    code = (
        "import sys; from hiddenmix.lab import serve, app, _lab\n"
        "_lab.Lab().start()\n"
        "print([name for name in ('sklearn', 'scipy.stats', 'duckdb', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
