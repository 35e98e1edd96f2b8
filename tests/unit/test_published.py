"""Published limits of other groups: fetched from a local web server, verified and converted."""

import dataclasses
import hashlib
import http.server
import json
import threading
import urllib.parse
from pathlib import Path

import numpy as np
import pytest

from close import close
from nubounds.contract import InputError
from nubounds.planes import declaration
from nubounds.published import convert, fetch, table

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "public" / "dipole"
GOOD = "# m4 [GeV]   d_gamma [1/GeV]\n0.001 2e-7\n0.01, 3e-7\n"


class Server:
    """A local web server.

    `files` maps addresses to contents; `broken` and `cut` say how often a request for an address first fails with an
    error, or is interrupted.
    """

    def __init__(self):
        self.files, self.broken, self.cut, self.asked = {}, {}, {}, []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                path = urllib.parse.unquote(self.path)
                server.asked.append(path)
                status, content = (200, server.files[path]) if path in server.files else (404, b"")
                if server.broken.get(path, 0) > 0:
                    server.broken[path] -= 1
                    status, content = 503, b""
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                if server.cut.get(path, 0) > 0:  # the connection breaks in the middle
                    server.cut[path] -= 1
                    content = content[: len(content) // 2]
                    self.close_connection = True
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *words):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def add(self, row, content: str | bytes):
        """Serve `content` at a row's address, and return the row with its checksum."""
        data = content.encode() if isinstance(content, str) else content
        self.files[f"/{row.repository}/{row.commit}/{row.path}"] = data
        return dataclasses.replace(row, sha256=hashlib.sha256(data).hexdigest())


@pytest.fixture
def server():
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


@pytest.fixture
def row():
    return table.Row(
        "some/where", "abc", "a folder/Made_up.dat", "0" * 64, "MIT", "magnetic_moment", "Made up", "mu", "GeV", "d in 1/GeV",
        "upper", "", "90%", "arXiv:0000.00001", "",
    )  # fmt: skip


def run(rows, server, folder, **options):
    lines = []
    fetch.fetch(rows, lines.append, folder=folder, base_url=server.url, pause_s=0.0, **options)
    return lines


def test_a_file_is_fetched_verified_and_converted(server, row, tmp_path):
    run([server.add(row, GOOD)], server, tmp_path)
    stored = json.loads((tmp_path / "magnetic_moment/Made_up.json").read_text())
    assert stored["m4_MeV"] == [1.0, 10.0]
    np.testing.assert_allclose(stored["mu_muB"], 2 * np.array([2e-7, 3e-7]) / 296.304, rtol=1e-12)
    assert (stored["label"], stored["confidence_level"], stored["licence"]) == ("Made up (mu)", "90%", "MIT")
    assert (tmp_path / "downloads/some__where/a folder/Made_up.dat").read_text() == GOOD


def test_existing_files_are_not_fetched_again(server, row, tmp_path):
    good = server.add(row, GOOD)
    run([good], server, tmp_path)
    run([good], server, tmp_path)
    assert len(server.asked) == 1
    (tmp_path / "downloads/some__where/a folder/Made_up.dat").write_text("damaged")
    run([good], server, tmp_path)
    assert len(server.asked) == 2


def test_a_request_that_fails_is_repeated(server, row, tmp_path):
    good = server.add(row, GOOD)
    server.broken["/some/where/abc/a folder/Made_up.dat"] = 2
    run([good], server, tmp_path)
    assert len(server.asked) == 3


def test_an_interrupted_transfer_is_repeated(server, row, tmp_path):
    good = server.add(row, GOOD)
    server.cut["/some/where/abc/a folder/Made_up.dat"] = 2
    run([good], server, tmp_path)
    assert len(server.asked) == 3
    server.cut["/some/where/abc/other.dat"] = 9
    with pytest.raises(InputError, match=r"'Made up'.*no answer after 4 tries .*25 of 51 bytes arrived"):
        run([server.add(dataclasses.replace(row, path="other.dat"), GOOD)], server, tmp_path)


@pytest.mark.parametrize(
    ("change", "content", "message"),
    [
        ({"sha256": "1" * 64}, GOOD, "wrong checksum: expected 1111"),
        ({"path": "elsewhere.dat"}, None, "404 Not Found: the file has moved"),
        (
            {},
            GOOD.replace("[GeV]", "[MeV]"),
            "masses in MeV according to the file, in GeV according to the table: a unit has changed",
        ),
        (
            {"mass_unit": "MeV"},
            GOOD,
            "masses in GeV according to the file, in MeV according to the table: a unit has changed",
        ),
        (
            {"coupling": "mu_B"},
            GOOD,
            "couplings as d in 1/GeV according to the file, as mu_B according to the table: a unit has changed",
        ),
        ({}, "0.001 2e-7\n0.01 three\n", "line 2 is not two numbers"),
        ({}, "0.001 2e-7\n", "fewer than two points"),
        ({}, b"0.001 2e-7\n0.01 \xff\n", "line 2 is not two numbers"),
        (
            {"plane": "sterile_mixing", "mass_unit": "keV", "coupling": "sin^2 2theta"},
            "1 0.5\n2 1.5\n",
            "sin^2 2theta has values that no sin2theta corresponds to",
        ),
        ({}, "0.001 2e-7\n0.1 -1\n", "line 2: must be positive and finite"),
    ],
)
def test_a_problem_names_its_row_and_the_others_arrive(server, row, tmp_path, change, content, message):
    bad = dataclasses.replace(server.add(row, content) if content else row, **change)
    good = server.add(dataclasses.replace(row, path="other.dat", label="Other"), GOOD)
    with pytest.raises(InputError) as problem:
        run([bad, good], server, tmp_path)
    assert message in str(problem.value)
    assert "'Made up'" in str(problem.value) and "Other" not in str(problem.value)
    assert [path.stem for path in (tmp_path / "magnetic_moment").glob("*.json")] == ["other"]


def test_a_missing_server_is_reported_in_one_line(server, row, tmp_path):
    server.http.shutdown()
    server.http.server_close()
    with pytest.raises(InputError, match=r"'Made up'.*no answer after 4 tries"):
        run([row], server, tmp_path)


def test_a_file_without_licence_is_fetched_on_request_only(server, row, tmp_path):
    bare = dataclasses.replace(server.add(row, GOOD), licence="none stated: download by the user only")
    assert "not fetched: licence none stated" in "\n".join(run([bare], server, tmp_path))
    assert server.asked == []
    run([bare], server, tmp_path, unlicensed=True)
    assert (tmp_path / "magnetic_moment/Made_up.json").is_file()


def test_columns_of_unconfirmed_meaning_are_not_drawn(server, row, tmp_path):
    vague = dataclasses.replace(server.add(row, "1 2 3\n"), mass_unit="(second column) keV?")
    assert "not confirmed" in "\n".join(run([vague], server, tmp_path))
    assert not list((tmp_path / "magnetic_moment").glob("*"))


def test_limits_that_left_the_table_leave_the_folder(server, row, tmp_path):
    run([server.add(row, GOOD)], server, tmp_path)
    run([], server, tmp_path)
    assert not list((tmp_path / "magnetic_moment").glob("*"))


def test_the_table_is_well_formed():
    rows = table.read()
    assert len({(row.plane, row.stem) for row in rows}) == len(rows)
    for row in rows:
        assert row.plane in declaration.names()
        assert len(row.commit) == 40
        if row.settled:
            plane = declaration.get(row.plane)
            assert plane.accepts(table.MASS_COLUMNS[row.mass_unit], table.COUPLING_COLUMNS[row.coupling]), row.where
    assert any(not row.licensed for row in rows) and any(not row.settled for row in rows)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",GeV,", ",furlong,", "unknown unit 'furlong'"),
        ("sha256,", "checksum,", "columns must be"),
        (",upper,", ",left,", "side 'left'"),
    ],
)
def test_a_damaged_table_is_rejected_with_the_line(tmp_path, old, new, message):
    path = tmp_path / "table.csv"
    path.write_text(table.TABLE.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=f"table.csv:[12]: .*{message}"):
        table.read(path)


def _shared_name(row):
    """Return the name of a row's file in the shared folder, in which the names of folders are part of it."""
    tail = row.path.split("/dipole/")[-1].split("/")
    return "_".join(tail)


@pytest.mark.skipif(
    not SHARED.is_dir(), reason="../shared/public does not exist, so the published files cannot be tested"
)
def test_the_real_files_arrive_with_their_checksums_and_units(server, tmp_path):
    rows = [row for row in table.read() if row.plane == "magnetic_moment"]
    for row in rows:
        served = server.add(row, (SHARED / _shared_name(row)).read_bytes())
        assert served.sha256 == row.sha256, row.where
    run(rows, server, tmp_path)
    found = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "magnetic_moment").glob("*.json")}
    assert len(found) == len(rows)
    # Values at 1 MeV (the first point) read from the source files: moments in mu_B, mu = 2 d.
    for stem, moment in {
        "Borexino_d": 1.638e-9,
        "Xenon1T_d": 1.127e-8,
        "CHARMII_dmu": 2.88e-9,
        "DONUT_dtau": 3.90e-7,
        "LSND_de": 2.03e-7,
    }.items():
        assert found[stem]["m4_MeV"][0] == close(1.0, rel=0.01)
        assert found[stem]["mu_muB"][0] == close(moment, rel=3e-3)


def test_numbers_accept_commas_and_comments(row):
    x, y = convert.numbers(row, "# m4 [GeV] d [1/GeV]\n1, 2 # one\n\n3\t4\n")
    assert x.tolist() == [1.0, 3.0] and y.tolist() == [2.0, 4.0]
