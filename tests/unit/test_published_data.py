"""Public data releases: installed from a folder, an archive or a server; anything else is rejected."""

import dataclasses
import http.server
import io
import os
import threading
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from nubounds.constraints.xenon_cevns import published_data
from nubounds.constraints.xenon_cevns.release import read_release
from nubounds.constraints.xenon_cevns.templates import counting
from nubounds.contract import InputError
from nubounds.files import tables
from nubounds.files.data_release import Folder, digest, hdf5_array
from nubounds.published import data

ROOT = Path(__file__).resolve().parents[2]
REAL = Path(os.environ.get("NUBOUNDS_XENONNT") or ROOT.parent / "shared/public/xenonnt/xenonnt_2026.npz")
RELEASE = published_data.RELEASES["xenonnt"]
needs_release = pytest.mark.skipif(not REAL.is_file(), reason="the data release is not here")


def made_up():
    """Return arrays like the release's, with the same sums: every template is spread over the bins in the same way."""
    table, share = counting(), np.linspace(1, 2, 81) / np.linspace(1, 2, 81).sum()
    efficiency = table.signal.reshape(46, 7, 7, 3)
    observed = np.zeros((3, 81), dtype=np.int16)
    for run, events in enumerate(table.observed[:, 0].astype(int)):
        observed[run, 5 : 5 + events] = 1
    exposure = table.exposure_ton_yr[:, None]
    return {
        "energy_keV": table.energy_keV,
        "t": np.arange(-3.0, 4.0),
        "exposure_ton_yr": table.exposure_ton_yr,
        "edges": np.tile(np.array([0.0, 0.25, 0.5, 1.0]), (3, 4, 1)),
        "observed": observed,
        "nr": (np.moveaxis(efficiency, -1, 0)[..., None] * share).astype(np.float32),
        "neutron": np.tile(table.neutron[24, :, :] / exposure * share, (7, 7, 1, 1)).transpose(2, 0, 1, 3).astype("f4"),
        "ac": table.ac / exposure * share,
        "er": table.er / exposure * share,
    }


def write_npz(path, arrays):
    path.write_bytes(tables.pack(arrays))
    return path


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("NUBOUNDS_DATA", str(tmp_path / "published_data"))
    return tmp_path


def test_a_repacked_file_is_installed_with_licence_and_citation(here):
    source, lines = write_npz(here / "mine.npz", made_up()), []
    target = data.install(RELEASE, lines.append, source=source)
    assert target == here / "published_data/xenonnt/xenonnt_2026.npz"
    assert digest(read_release(target)) == digest(made_up())
    told = "\n".join(lines)
    assert "CC-BY-4.0" in told and "10.5281/zenodo.20576156" in told and "but the checksum differs" in told
    assert "CC-BY-4.0" in (target.parent / "LICENCE.txt").read_text()


def test_a_folder_with_the_repacked_file_is_accepted(here):
    write_npz(here / "xenonnt_2026.npz", made_up())
    assert data.install(RELEASE, print, source=here).is_file()


@needs_release
def test_the_release_of_2026_has_the_recorded_checksum(here):
    lines = []
    data.install(RELEASE, lines.append, source=REAL)
    assert lines[-1].endswith("checksum correct")


def test_an_unknown_release_is_one_line():
    with pytest.raises(InputError, match=r"unknown data release xenont \(did you mean xenonnt\?\); valid: xenonnt"):
        data.get("xenont")


def changed(name, change):
    arrays = made_up()
    arrays[name] = change(arrays[name])
    return arrays


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (lambda: changed("ac", lambda a: a * np.nan), "ac holds numbers that are not finite"),
        (lambda: changed("er", lambda a: -a), "er holds negative numbers"),
        (lambda: changed("t", lambda a: a + 1), "t must be the integers"),
        (lambda: changed("nr", lambda a: a[:, :-1]), r"nr: must be numbers of shape \(3, 46, 7, 7, 81\)"),
        (lambda: changed("nr", lambda a: a * 50), "an efficiency is above 1"),
        (lambda: changed("nr", lambda a: a * 1.001), "the efficiencies are not those of the release of 2026"),
        (lambda: changed("observed", lambda a: 2 * a), "the observed events are not those"),
        (lambda: changed("edges", lambda a: a[:, :, ::-1].copy()), "energies and edges must increase"),
        (lambda: changed("ac", lambda a: a.astype(complex)), "ac: must be numbers"),
        (lambda: {name: a for name, a in made_up().items() if name != "er"}, "an array is missing: .*er.npy"),
        (lambda: made_up() | {"more": np.zeros(2)}, "unknown array 'more'"),
    ],
)
def test_anything_but_the_release_is_rejected(here, arrays, message):
    with pytest.raises(InputError, match=message):
        data.install(RELEASE, print, source=write_npz(here / "mine.npz", arrays()))
    assert not (here / "published_data/xenonnt/xenonnt_2026.npz").exists()


def test_pickled_objects_are_never_loaded(here):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(here / "exploded"),)

    np.savez(here / "mine.npz", **(made_up() | {"er": np.array([Bomb()], dtype=object)}), allow_pickle=True)
    with pytest.raises(InputError):
        read_release(here / "mine.npz")
    assert not (here / "exploded").exists()


def test_a_file_that_would_unpack_to_gigabytes_is_rejected_first(here):
    with zipfile.ZipFile(here / "mine.npz", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("nr.npy", "w") as file:
        for _ in range(100):
            file.write(bytes(1 << 20))
    with pytest.raises(InputError, match="nr would unpack to 104857600 bytes"):
        read_release(here / "mine.npz")


def test_a_header_that_promises_more_than_the_file_holds_is_reported_in_one_line(here):
    arrays = made_up()
    buffer = io.BytesIO()
    np.save(buffer, arrays["er"])
    with zipfile.ZipFile(here / "mine.npz", "w") as archive:
        for name, values in arrays.items():
            whole = io.BytesIO()
            np.save(whole, values)
            archive.writestr(f"{name}.npy", whole.getvalue()[:-8] if name == "er" else whole.getvalue())
    with pytest.raises(InputError, match="er: 1936 of 1944 bytes"):
        read_release(here / "mine.npz")


def test_a_file_that_is_not_an_archive_is_reported_in_one_line(here):
    (here / "mine.npz").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(InputError, match="damaged or not the repacked release"):
        read_release(here / "mine.npz")


# ---- the release's own files ---------------------------------------------------------------------------------------


def hdf5(values):
    h5py = pytest.importorskip("h5py")
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["templates/template"] = values.reshape(3, 3, 3, 3)
    return buffer.getvalue()


def checkout(arrays):
    """Return the files of a release with these arrays, by path."""
    files, t = {}, arrays["t"]
    middle = [[0.1, 0.3, 0.7][k] for k in range(3)]
    for r, run in enumerate(("sr0", "sr1", "sr2")):
        lines = [f"{axis}:\n" + "".join(f"- {edge:.6f}\n" for edge in arrays["edges"][r, k])
                 for k, axis in enumerate(published_data.AXES)]  # fmt: skip
        files[f"binning/{run}.yaml"] = "".join(lines).encode()
        rows = [",".join(("", *published_data.AXES))]
        for k in np.repeat(np.arange(81), arrays["observed"][r]):
            place = np.unravel_index(k, (3, 3, 3, 3))
            rows.append(",".join([str(len(rows) - 1), *(str(middle[i]) for i in place)]))
        files[f"data/{run}.csv"] = ("\n".join(rows) + "\n").encode()
        stem = f"template_XENONnT_{run}"
        for name in ("ac", "er"):
            files[f"templates/{run}/{name}/{stem}_{name}_cevns.h5"] = hdf5(arrays[name][r])
        for a in range(7):
            for b in range(7):
                end = f"cevns_tly_{t[a]}_tqy_{t[b]}.h5"
                files[f"templates/{run}/rg/{stem}_rg_{end}"] = hdf5(arrays["neutron"][r, a, b].astype(float))
                for e, E in enumerate(arrays["energy_keV"]):
                    path = f"templates/{run}/mono/{stem}_mono_{E:.3f}_{end}"
                    files[path] = hdf5(arrays["nr"][r, e, a, b].astype(float))
    return files


@pytest.fixture(scope="module")
def files():
    return checkout(made_up())


def write_zip(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"cevns_data_release-main/{name}", content)
    return path


def test_a_checkout_gives_the_same_arrays(here, files):
    for name, content in files.items():
        path = here / "checkout" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    converted = read_release(data.install(RELEASE, print, source=here / "checkout"))
    assert digest(converted) == digest(made_up())


def test_an_archive_gives_the_same_arrays_and_a_missing_file_is_reported(here, files):
    converted = read_release(data.install(RELEASE, print, source=write_zip(here / "release.zip", files)))
    assert digest(converted) == digest(made_up())
    lost = "templates/sr1/mono/template_XENONnT_sr1_mono_2.300_cevns_tly_1.0_tqy_-3.0.h5"
    fewer = {name: content for name, content in files.items() if name != lost}
    with pytest.raises(InputError, match=f"{lost}: missing"):
        data.install(RELEASE, print, source=write_zip(here / "fewer.zip", fewer))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("data/sr0.csv", b"cs2\n1\n", r"sr0.csv:2: must give a number for each of"),
        ("data/sr0.csv", b"x" * 2_000_000, "larger than 1000000 bytes"),
        ("binning/sr2.yaml", b"cs2: [1, 2]\n", "must give four edges"),
        ("templates/sr0/ac/template_XENONnT_sr0_ac_cevns.h5", b"nothing", "damaged or not HDF5"),
    ],
)
def test_invalid_files_are_reported_in_one_line(here, files, name, content, message):
    with pytest.raises(InputError, match=message):
        data.install(RELEASE, print, source=write_zip(here / "release.zip", files | {name: content}))


def test_an_event_outside_the_bins_is_reported_with_its_line(here, files):
    text = files["data/sr1.csv"].decode().splitlines()
    text[3] = "2,7.0,0.1,0.1,0.1"
    with pytest.raises(InputError, match=r"data/sr1.csv:4: an event outside the bins"):
        data.install(
            RELEASE, print, source=write_zip(here / "r.zip", files | {"data/sr1.csv": "\n".join(text).encode()})
        )


def test_hdf5_that_points_elsewhere_is_rejected(tmp_path):
    h5py = pytest.importorskip("h5py")
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["templates/template"] = h5py.ExternalLink("/etc/passwd", "x")
        file["chunky/template"] = np.zeros(81)
        file.create_dataset("large", (2, 2), maxshape=(None, None), chunks=(1000, 1000), dtype="f8")
    for name, shape in (
        ("templates/template", (3, 3, 3, 3)),
        ("nothing/there", (81,)),
        ("chunky/template", (3, 27)),
        ("large", (2, 2)),
    ):
        with pytest.raises(InputError, match="a file: "):
            hdf5_array(buffer.getvalue(), name, shape, "a file")


# ---- the network ---------------------------------------------------------------------------------------------------


class Server:
    """A local server with one archive; the first few transfers are interrupted in the middle."""

    def __init__(self, content, broken=0, *, resumes=True):
        self.asked = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                wanted = self.headers.get("Range")
                server.asked.append(wanted)
                tag = f'"{zlib.crc32(content)}"'
                same = self.headers.get("If-Range", tag) == tag
                start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and resumes and same else 0
                if self.path != "/release.zip":
                    self.send_error(404)
                    return
                if start >= len(content):
                    self.send_error(416)
                    return
                rest = content[start:]
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(rest)))
                self.send_header("ETag", tag)
                self.end_headers()
                self.wfile.write(rest[: len(rest) // 2] if len(server.asked) <= broken else rest)
                self.close_connection = True

            def log_message(self, *words):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/release.zip"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.http.shutdown()
        self.http.server_close()


@pytest.mark.parametrize("resumes", [True, False])
def test_an_interrupted_transfer_is_resumed(tmp_path, resumes):
    content = bytes(range(256)) * 1000
    with Server(content, broken=2, resumes=resumes) as server:
        path = data.download(server.url, tmp_path / "release.zip", pause_s=0.0)
    assert path.read_bytes() == content
    assert (server.asked[1] is not None) and len(server.asked) == 3


def test_a_server_without_the_release_is_reported_in_one_line(tmp_path):
    with Server(b"") as server, pytest.raises(InputError, match=r"404 .*the release has moved"):
        data.download(server.url.replace("release", "other"), tmp_path / "release.zip", pause_s=0.0)


def test_a_missing_network_is_reported_in_one_line_with_the_alternative(tmp_path):
    with pytest.raises(InputError, match=r"no answer after 4 tries .*--from FOLDER"):
        data.download("http://127.0.0.1:9/release.zip", tmp_path / "release.zip", pause_s=0.0)


def test_the_archive_is_fetched_only_once(here):
    archive = write_zip(here / "release.zip", {"a": b"1", "b": b"2"}).read_bytes()
    release = dataclasses.replace(RELEASE, convert=lambda folder: made_up() if folder.bytes("b", 9) == b"2" else None)
    with Server(archive) as server:
        data.install(release, print, address=server.url)
        data.install(release, print, address=server.url)
    assert len(server.asked) == 1


class Redirect(http.server.BaseHTTPRequestHandler):
    """Sends everybody to `target`."""

    target = ""

    def do_GET(self):
        self.send_response(302)
        self.send_header("Location", self.target)
        self.end_headers()

    def log_message(self, *words):
        pass


@pytest.fixture
def redirect(request):
    """The address of a server that redirects, and how to say where."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redirect)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/release.zip"
    server.shutdown()
    server.server_close()


def test_a_release_is_fetched_over_a_redirect_and_a_cut_connection(here, files, redirect, monkeypatch, capsys):
    """Everything that happens with a network: the address redirects, the transfer breaks, goes on, and is converted."""
    monkeypatch.setattr(data.transfer, "PAUSE_S", 0.0)
    archive = write_zip(here / "release.zip", files).read_bytes()
    with Server(archive, broken=1) as server:
        monkeypatch.setattr(Redirect, "target", server.url)
        installed = data.install(RELEASE, print, address=redirect)
    assert server.asked == [None, f"bytes={len(archive) // 2}-"]
    assert digest(read_release(installed)) == digest(made_up())
    output = capsys.readouterr().out
    assert "licence CC-BY-4.0" in output and "Cite: " in output and "the checksum differs" in output


def test_a_redirect_to_a_file_of_this_machine_is_refused(tmp_path, redirect, monkeypatch):
    monkeypatch.setattr(Redirect, "target", (tmp_path / "secret").as_uri())
    with pytest.raises(InputError, match=r"release\.zip: ") as raised:
        data.download(redirect, tmp_path / "release.zip", pause_s=0.0)
    assert len(str(raised.value).splitlines()) == 1 and not (tmp_path / "release.zip").exists()


def test_a_redirect_in_a_circle_ends(tmp_path, redirect, monkeypatch):
    monkeypatch.setattr(Redirect, "target", redirect)
    with pytest.raises(InputError, match=r"release\.zip: ") as raised:
        data.download(redirect, tmp_path / "release.zip", pause_s=0.0)
    assert len(str(raised.value).splitlines()) == 1


def test_an_archive_that_is_too_large_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "MOST_BYTES", 1000)
    with Server(bytes(5000)) as server, pytest.raises(InputError, match="larger than 1000 bytes: not the release"):
        data.download(server.url, tmp_path / "release.zip", pause_s=0.0)
    assert not list(tmp_path.iterdir())
    assert len(server.asked) == 1


def test_an_archive_that_is_not_the_release_is_fetched_again(here, files):
    with Server(b"no archive" * 100) as server, pytest.raises(InputError, match="neither a folder nor a zip archive"):
        data.install(RELEASE, print, address=server.url)
    with Server(write_zip(here / "release.zip", files).read_bytes()) as server:
        data.install(RELEASE, print, address=server.url)
    assert server.asked == [None]


def test_a_release_that_changed_between_two_attempts_is_fetched_from_its_beginning(tmp_path):
    """The rest of another file is not appended: the server says that its file is no longer the same."""
    with Server(b"old" * 1000, broken=4) as server, pytest.raises(InputError, match="no answer after 4 tries"):
        data.download(server.url, tmp_path / "release.zip", pause_s=0.0)
    with Server(b"new!" * 1000) as server:
        path = data.download(server.url, tmp_path / "release.zip", pause_s=0.0)
    assert path.read_bytes() == b"new!" * 1000


def test_a_missing_folder_is_reported(tmp_path):
    with pytest.raises(InputError, match="neither a folder nor a zip archive"):
        Folder(tmp_path / "nothing")
