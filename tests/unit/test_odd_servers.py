"""Servers with invalid or endless responses: one line for each file, within the time limit."""

import dataclasses
import hashlib
import socket
import threading
import time

import pytest

from nubounds.contract import InputError
from nubounds.published import data, fetch, table

GOOD = b"# m4 [GeV]   d_gamma [1/GeV]\n0.001 2e-7\n0.01 3e-7\n"
OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
DRIP_S = 0.1


@pytest.fixture
def row():
    return table.Row(
        "some/where", "abc", "Made_up.dat", hashlib.sha256(GOOD).hexdigest(), "MIT", "magnetic_moment", "Made up", "mu",
        "GeV", "d in 1/GeV", "upper", "", "90%", "arXiv:0000.00001", "",
    )  # fmt: skip


@pytest.fixture
def serve():
    """Start a server that sends `answer` to every client, then `dripping` byte by byte; returns its address."""
    sockets, over = [], threading.Event()

    def talk(connection, answer, dripping):
        with connection:
            connection.recv(65536)
            try:
                connection.sendall(answer)
                for byte in dripping * 10_000:
                    if over.wait(DRIP_S):
                        return
                    connection.sendall(bytes([byte]))
            except OSError:  # the client has disconnected
                return

    def start(answer, dripping=b""):
        server = socket.create_server(("127.0.0.1", 0))
        sockets.append(server)

        def accept():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=talk, args=(connection, answer, dripping), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}"

    yield start
    over.set()
    for server in sockets:
        server.close()


def refused(row, url, folder, **options):
    """Return the line that says why a file could not be fetched."""
    with pytest.raises(InputError) as problem:
        fetch.fetch([row], lambda line: None, folder=folder, base_url=url, pause_s=0.0, **options)
    line = str(problem.value)
    assert line.isprintable() and len(line) < 600
    return line


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (OK + b"Content-Length: abc\r\n\r\n" + GOOD, "'abc'"),
        (OK + b"Content-Length: -5\r\n\r\n" + GOOD, "bytes arrived"),
        (OK + b"Content-Length: 99999999999999999999\r\n\r\n" + GOOD, "no answer after 4 tries"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "no answer after 4 tries"),
        (b"nonsense\r\n\r\n", "no answer after 4 tries"),
        (b"HTTP/1.1 abc OK\r\n\r\n", "no answer after 4 tries"),
        (b"", "no answer after 4 tries"),
        (OK + b"X: " + b"x" * 70_000 + b"\r\n\r\n", "no answer after 4 tries"),
        (b"HTTP/1.1 404 \x1b[2J\r\n\r\n", "404"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\n\r\n", "no answer after 4 tries"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://host:port/\r\n\r\n", "no answer after 4 tries"),
        (b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n", "the file has moved"),
        (b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe\r\n\r\n", "Made up"),
        (b"HTTP/1.1 302 Found\r\nLocation: \r\n\r\n", "Made up"),
        (b"HTTP/1.1 302 Found\r\n\r\n", "the file has moved"),
        (b"HTTP/1.1 302 Found\r\nLocation: /round/and/round\r\n\r\n", "the file has moved"),
    ],
)
def test_invalid_responses(serve, row, tmp_path, answer, message):
    line = refused(row, serve(answer), tmp_path)
    assert message in line and "Made up" in line


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "file:///etc",
        "http://",
        "http://[",
        "http://host:port",
        "ftp://host",
        "http://a b",
        "http://h\nx",
        "/etc",
        "http:/host",
        "javascript:alert(1)",
        "http://h\u00f6st",
        "x" * 5000,
    ],
)
def test_an_invalid_address(row, tmp_path, url):
    assert "not the address of a web server" in refused(row, url, tmp_path)


@pytest.mark.parametrize(
    ("answer", "dripping"),
    [(OK + b"Content-Length: 100000\r\n\r\n", b"x"), (OK, b"X-Head: er\r\n"), (b"", b"H"), (OK + b"\r\n", b"1 2\n")],
    ids=["body", "headers", "first line", "no length"],
)
def test_a_server_that_sends_byte_by_byte_is_abandoned(serve, row, tmp_path, answer, dripping):
    start = time.monotonic()
    line = refused(row, serve(answer, dripping), tmp_path, longest_s=1.0)
    assert "no file within 1 s" in line or "no answer" in line
    assert time.monotonic() - start < 5


def test_files_of_a_user_stay(serve, row, tmp_path):
    folder = tmp_path / "magnetic_moment"
    folder.mkdir()
    mine = {folder / "mine.txt": "my own\n", folder / "mine.json": "{}", tmp_path / "notes/a.txt": "notes"}
    for path, text in mine.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    url = serve(OK + b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD)
    other = dataclasses.replace(row, path="Other.dat")
    for rows in ([row, other], []):
        fetch.fetch(rows, lambda line: None, folder=tmp_path, base_url=url)
        assert all(path.read_text() == text for path, text in mine.items())
        if rows:  # a file that someone changed must not be removed
            (folder / "Other.txt").write_text("improved\n")
    assert {path.name for path in folder.iterdir()} == {"mine.txt", "mine.json", "Other.txt"}


def test_a_release_from_a_server_that_sends_byte_by_byte_is_abandoned(serve, tmp_path):
    url = serve(OK + b"Content-Length: 100000\r\n\r\n", b"x")
    start = time.monotonic()
    with pytest.raises(InputError, match=r"no release within 1 s \("):
        data.download(url, tmp_path / "release.zip", pause_s=0.0, longest_s=1.0)
    assert time.monotonic() - start < 10 and not (tmp_path / "release.zip").exists()


@pytest.mark.parametrize("url", ["file:///etc/passwd", "nonsense", "http://h\nx"])
def test_a_release_comes_from_a_web_server_only(tmp_path, monkeypatch, url):
    monkeypatch.setenv("NUBOUNDS_DATA", str(tmp_path))
    with pytest.raises(InputError, match="not the address of a web server"):
        data.install(data.get("xenonnt"), print, address=url)
