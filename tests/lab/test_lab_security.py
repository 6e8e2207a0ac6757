"""Who is answered, and what the answers allow: foreign pages, missing tokens, paths that lead out, sizes."""

import json

import pytest
from anyio.from_thread import start_blocking_portal

from hiddenmix.lab._security import HEADERS
from hiddenmix.lab._tables import shown_name
from hiddenmix.lab.app import make_app

TOKEN, PORT = "a-token", 8765
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def awaited(function, *arguments):
    """What a coroutine function returns, run in a thread of its own: a browser's loop may run in this one."""
    with start_blocking_portal() as portal:
        return portal.call(function, *arguments)


def asked(app, method, path, headers, body=b""):
    """A call as bytes, so that no client tidies it up: status, headers and content."""
    found = {"body": b""}

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        if message["type"] == "http.response.start":
            found["status"] = message["status"]
            found["headers"] = {k.decode(): v.decode() for k, v in message["headers"]}
        else:
            found["body"] += message.get("body", b"")

    path, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "query_string": query.encode(), "scheme": "http", "root_path": "",
        "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", PORT),
    }  # fmt: skip
    awaited(app, scope, receive, send)
    return found


@pytest.fixture
def ask(lab):
    app = make_app(TOKEN, PORT, lab)
    own = {"host": f"127.0.0.1:{PORT}", "x-hiddenmix-token": TOKEN}

    def ask(method, path, body=b"", **changed):
        headers = {**own, **{name.replace("_", "-"): value for name, value in changed.items()}}
        pairs = [(k.encode(), v.encode()) for k, v in headers.items() if v is not None]
        return asked(app, method, path, pairs, body)

    return ask


def code_of(answer):
    return json.loads(answer["body"])["error"]["code"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "127.0.0.1", "127.0.0.1:80", "", None,
                                  "127.0.0.1:8765.evil.example", "0.0.0.0:8765"])  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/static/index.html", "/api/start"])
def test_a_foreign_host_is_refused(ask, host, path):
    answer = ask("GET", path, host=host)
    assert answer["status"] == 403
    assert code_of(answer) == "HM418"


def test_two_hosts_are_refused(lab):
    hosts = [(b"host", b"127.0.0.1:8765"), (b"host", b"evil.example"), (b"x-hiddenmix-token", TOKEN.encode())]
    assert asked(make_app(TOKEN, PORT, lab), "GET", "/api/start", hosts)["status"] == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:8765", "http://127.0.0.1:9999",
                                    "http://localhost:8765"])  # fmt: skip
@pytest.mark.parametrize(("method", "path"), [("POST", "/api/session"), ("GET", "/api/start"), ("GET", "/")])
def test_a_foreign_origin_is_refused(ask, origin, method, path):
    assert ask(method, path, b"{}", origin=origin)["status"] == 403


def test_own_hosts_and_origins_are_answered(ask):
    assert ask("GET", "/api/start")["status"] == 200
    assert ask("GET", "/api/start", origin="http://127.0.0.1:8765")["status"] == 200
    assert ask("GET", "/api/start", host="localhost:8765", origin="http://localhost:8765")["status"] == 200


def test_calls_that_browsers_mark_as_foreign_are_refused(ask):
    assert ask("GET", "/api/start", sec_fetch_site="cross-site")["status"] == 403
    assert ask("GET", "/api/start", sec_fetch_site="same-origin")["status"] == 200
    assert ask("GET", "/", sec_fetch_site="cross-site")["status"] == 200  # a link to the lab


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "ä"])
@pytest.mark.parametrize(("method", "path"), [
    ("GET", "/api/start"), ("POST", "/api/session"), ("POST", "/api/upload"), ("POST", "/api/session/x/do"),
    ("GET", "/api/session/x/frame/0"), ("GET", "/api/session/x/bound"), ("GET", "/api/session/x/script"),
    ("GET", "/api/nothing"), ("DELETE", "/api/start"), ("GET", "/elsewhere"), ("GET", "//api/start"),
])  # fmt: skip
def test_without_the_token_nothing_is_told(ask, token, method, path):
    answer = ask(method, path, b"{}", x_hiddenmix_token=token)
    assert answer["status"] == 401
    assert code_of(answer) == "HM418"


def test_a_token_in_the_address_is_not_taken(ask):
    for query in (f"token={TOKEN}", f"X-Hiddenmix-Token={TOKEN}"):
        assert ask("GET", f"/api/start?{query}", x_hiddenmix_token=None)["status"] == 401


def test_the_page_needs_no_token(ask):
    assert ask("GET", "/favicon.ico", x_hiddenmix_token=None)["status"] == 204
    assert ask("GET", "/static/vendor/d3.min.js", x_hiddenmix_token=None)["status"] == 200


@pytest.mark.parametrize("path", [
    "/static/../app.py", "/static/../../__init__.py", "/static/%2e%2e/app.py", "/static/vendor/../../app.py",
    "/static//etc/passwd", "/static/", "/static/vendor", "/static/vendor/", "/static/.", "/static/..",
    "/static/vendor\\..\\..\\app.py", "/static/vendor/d3.min.js/", "/static/vendor/d3.min.js/x", "/static/nothing.js",
    "/static/vendor/d3.min.js\x00.css", "/static/INDEX.HTML",
])  # fmt: skip
def test_no_path_leads_out_of_the_page(ask, path):
    answer = ask("GET", path)
    assert answer["status"] == 404
    assert b"import" not in answer["body"]


@pytest.mark.parametrize(("method", "path"), [
    ("DELETE", "/api/start"), ("POST", "/api/start"), ("GET", "/api/session"), ("PUT", "/api/session"),
    ("GET", "/api/session/x/do"), ("POST", "/api/session/x/bound"), ("POST", "/"), ("OPTIONS", "/api/session"),
])  # fmt: skip
def test_other_methods_are_not_allowed(ask, method, path):
    answer = ask(method, path, b"{}")
    assert answer["status"] == 405
    assert code_of(answer) == "HM417"


def test_unknown_addresses_are_coded(ask):
    for path in ("/api/nothing", "/nothing", "/api/start/", "//api/start"):
        answer = ask("GET", path)
        assert answer["status"] == 404
        assert code_of(answer) == "HM417"


@pytest.mark.parametrize(("method", "path", "changed"), [
    ("GET", "/api/start", {}), ("GET", "/static/vendor/d3.min.js", {}), ("GET", "/nothing", {}),
    ("GET", "/favicon.ico", {}), ("GET", "/api/start", {"x_hiddenmix_token": None}), ("GET", "/", {"host": "evil"}),
    ("POST", "/api/session", {}), ("DELETE", "/api/start", {}), ("GET", "/static/../app.py", {}),
])  # fmt: skip
def test_every_answer_has_the_policy(ask, method, path, changed):
    headers = ask(method, path, b"not json", **changed)["headers"]
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert not any(name.startswith("access-control") for name in headers)


def test_a_defect_is_told_and_still_has_the_policy(ask, lab, monkeypatch, caplog):
    def broken():
        raise RuntimeError("a defect")

    monkeypatch.setattr(lab, "start", broken)
    answer = ask("GET", "/api/start")
    assert answer["status"] == 500
    assert "a defect" in json.loads(answer["body"])["error"]["message"]
    assert "Traceback" not in answer["body"].decode()
    assert {name.decode() for name, _ in HEADERS} <= answer["headers"].keys()
    assert "a defect" in caplog.text


def test_web_sockets_are_not_spoken(lab):
    with pytest.raises(RuntimeError, match="websocket"):
        awaited(make_app(TOKEN, PORT, lab), {"type": "websocket"}, None, None)


def test_a_long_call_is_refused(ask):
    answer = ask("POST", "/api/session", b'{"data": "' + b"x" * 300_000 + b'"}')
    assert answer["status"] == 400
    assert code_of(answer) == "HM417"


@pytest.mark.parametrize(("header", "name"), [
    ("a.csv", "a.csv"), ("..%2F..%2Fetc%2Fpasswd", "passwd"), ("C%3A%5Cdata%5Cb.csv", "b.csv"), ("", "table.csv"),
    ("..", "table.csv"), ("a%00b%0A.csv", "ab.csv"), ("%C3%A4%20%E2%82%AC.csv", "ä €.csv"), ("%FF.csv", "\ufffd.csv"),
    ("a%E2%80%AEvsc.csv", "avsc.csv"), ("%3Cscript%3E.csv", "<script>.csv"), ("%zz.csv", "%zz.csv"),
])  # fmt: skip
def test_names_of_files_are_only_shown_and_tidied(header, name):
    assert shown_name(header) == name


def test_long_names_keep_their_ending():
    assert len(shown_name("x" * 5000 + ".csv")) <= 255
    assert shown_name("x" * 5000 + ".csv").endswith(".csv")
