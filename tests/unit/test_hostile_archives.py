"""Archives from strangers: whatever they hold, verification ends in one printable line and in little memory."""

import gzip
import hashlib
import io
import json
import re
import struct
import subprocess
import sys
import tarfile

import pytest

from nubounds.archive import pack, stream
from nubounds.archive.crate import METADATA
from nubounds.archive.stream import shown
from nubounds.contract import InputError

GRAPH = [
    {"@id": "./", "mainEntity": {"@id": "Snakefile"}},
    {"@id": "Snakefile", "version": "0.1.0, commit abc"},
    {"@id": "#run", "startTime": "now", "endTime": "then", "description": "numpy 2"},
]


def member(name, content=b"", **properties):
    """The bytes of one member as tar writes them."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in properties.items():
        setattr(info, key, value)
    return info.tobuf(tarfile.PAX_FORMAT) + content + b"\0" * (-len(content) % 512)


def manifest_of(files):
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items())


def archive(tmp_path, files=None, *, metadata=None, manifest=None, before=b"", after=b"", end=b"\0" * 1024):
    """An archive with a good manifest and metadata unless they are given, and raw bytes before and after its files."""
    files = {METADATA: json.dumps({"@graph": GRAPH}).encode() if metadata is None else metadata} | (files or {})
    manifest = manifest_of(files) if manifest is None else manifest(files)
    content = before + member(f"{pack.ROOT}/{pack.MANIFEST}", manifest.encode("utf-8", "surrogateescape"))
    content += b"".join(member(f"{pack.ROOT}/{name}", data) for name, data in files.items())
    path = tmp_path / "run.tar.gz"
    path.write_bytes(gzip.compress(content + after + end))
    return path


def refused(path):
    """The one line, fit for a terminal, that refuses an archive."""
    with pytest.raises(InputError) as problem:
        pack.verify(path)
    line = str(problem.value)
    assert line.isprintable() and len(line) < 600
    return line


def test_a_good_one_verifies(tmp_path):
    assert len(pack.verify(archive(tmp_path, {"a.txt": b"1 2\n", "x" * 150: b"long"}))) == 3


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (".", "is not a plain file"),
        ("", "is not a plain file"),
        ("/", "is not a plain file"),
        ("/etc/passwd", "is not a plain file"),
        ("nubounds-run", "is not a plain file"),
        ("nubounds-run/../x", "is not a plain file"),
        ("nubounds-run/\x1b[2J", r"\\x1b\[2J: not in the manifest"),
        ("nubounds-run/\udcff", r"\\udcff: not in the manifest"),
        ("nubounds-run/a\u202eb", r"a\\u202eb: not in the manifest"),
    ],
)
def test_names(tmp_path, name, message):
    assert re.search(message, refused(archive(tmp_path, before=member(name))))


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.DIRTYPE,
        tarfile.FIFOTYPE,
        tarfile.CHRTYPE,
        tarfile.GNUTYPE_SPARSE,
        tarfile.GNUTYPE_LONGNAME,
        tarfile.XGLTYPE,
        b"?",
    ],
)
def test_kinds_of_members(tmp_path, kind):
    assert "is not a plain file" in refused(archive(tmp_path, before=member("nubounds-run/x", type=kind)))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"22 GNU.sparse.major=1\n", "GNU.sparse.major"),
        (b"30 GNU.sparse.realsize=1000000\n", "extended header"),
        (b"20 size=99999999999\n", "size: not a plain file"),
        (b"nonsense", "unreadable extended header"),
        (b"0 path=x\n", "unreadable extended header"),
        (b"99999999999999999999 path=x\n", "unreadable extended header"),
    ],
)
def test_extended_headers(tmp_path, header, message):
    before = member("nubounds-run/x", header, type=tarfile.XHDTYPE) + member("nubounds-run/x")
    assert message in refused(archive(tmp_path, before=before))


def test_extended_headers_without_end(tmp_path):
    one = member("nubounds-run/x", b"10 path=x\n", type=tarfile.XHDTYPE)
    assert "is not a plain file" in refused(archive(tmp_path, before=one * 5000))


@pytest.mark.parametrize(
    "metadata",
    [
        b"no JSON",
        b"\xff\xfe",
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"@graph": 5}',
        b'{"@graph": [5]}',
        b'{"@graph": [{}]}',
        b'{"@graph": [{"@id": ["unhashable"]}]}',
        b'{"@graph": [{"@id": {"un": "hashable"}}]}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"@graph": [{"@id": "#run"}, {"@id": "./", "mainEntity": {"@id": []}}]}',
        b'{"@graph": [{"@id": "#run"}, {"@id": "./", "mainEntity": "word"}]}',
        json.dumps({"@graph": GRAPH[:2]}).encode(),
        json.dumps({"@graph": [*GRAPH[:2], GRAPH[2] | {"startTime": {"deep": [1]}}]}).encode(),
        b"1" * 10_000,
    ],
)
def test_metadata(tmp_path, metadata):
    assert f"{METADATA}: does not describe a run" in refused(archive(tmp_path, metadata=metadata))


def test_words_of_the_metadata_do_not_reach_the_terminal_raw(tmp_path):
    graph = [*GRAPH[:2], GRAPH[2] | {"description": "\x1b]0;owned\x07\n\u202e" + "x" * 10_000}]
    lines = pack.verify(archive(tmp_path, metadata=json.dumps({"@graph": graph}).encode()))
    assert all(line.isprintable() and len(line) < 400 for line in lines)
    assert lines[2].startswith(r"\x1b]0;owned\x07\n\u202exxx")


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("0" * 64 + "  a.txt\n", "a.txt is listed twice"),
        ("no checksum\n", "manifest-sha256.txt:3: not a checksum and a file: no checksum"),
        ("\x1b[2J\n", r"not a checksum and a file: \x1b[2J"),
        ("\udcff\n", "not text in UTF-8"),
        ("0" * 64 + "  \x07\n", r"\x07: missing"),
    ],
)
def test_manifests(tmp_path, extra, message):
    path = archive(tmp_path, {"a.txt": b"1"}, manifest=lambda files: manifest_of(files) + extra)
    assert message in refused(path)


def test_the_contradicting_hash_may_also_come_first(tmp_path):
    path = archive(tmp_path, {"a.txt": b"1"}, manifest=lambda files: "0" * 64 + "  a.txt\n" + manifest_of(files))
    assert "a.txt is listed twice" in refused(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"end": b""}, "truncated"),
        ({"end": b"\0" * 512 + b"more"}, "data after its end"),
        ({"after": b"x" * 512}, "damaged or not an archive (invalid header)"),
        ({"after": member("nubounds-run/x", b"short")[:600], "end": b""}, "truncated"),
        ({"before": member("nubounds-run/a"), "after": member("nubounds-run/a")}, "a occurs twice"),
    ],
)
def test_broken_streams(tmp_path, options, message):
    assert message in refused(archive(tmp_path, **options))


def test_many_problems_are_cut_short(tmp_path):
    path = archive(
        tmp_path, manifest=lambda files: manifest_of(files) + "".join(f"{'0' * 64}  {i}\n" for i in range(500))
    )
    with pytest.raises(InputError) as problem:
        pack.verify(path)
    lines = str(problem.value).splitlines()
    assert len(lines) == pack.MOST_PROBLEMS + 1 and lines[-1].endswith("and 400 more")


BOMB = """
import sys
from pathlib import Path
from nubounds.archive import pack
try:
    pack.verify(Path(sys.argv[1]))
except pack.InputError as problem:
    print(problem)
# Of this program alone: getrusage also counts what its parent had when it started us.
print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))
"""


@pytest.mark.parametrize("name", ["bomb.bin", pack.MANIFEST])
def test_a_bomb_is_not_read_into_memory(tmp_path, name):
    """A gigabyte of zeros in a megabyte."""
    size = 1 << 30
    info = tarfile.TarInfo(f"{pack.ROOT}/{name}")
    info.size = size
    path = tmp_path / "bomb.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(info.tobuf())
        for _ in range(size >> 20):
            file.write(bytes(1 << 20))
        file.write(bytes(1024))
    done = subprocess.run([sys.executable, "-c", BOMB, path], capture_output=True, text=True)
    said, peak = done.stdout.splitlines()
    assert "not an archive of a run" in said or "is larger than" in said
    assert int(peak) < 400_000  # kilobytes; the imports alone take 100 000 or so


def test_a_stream_without_end_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "MOST_BYTES", 10_000)
    assert "holds more than 1e+04 bytes" in refused(archive(tmp_path, {"a": bytes(20_000)}))
    monkeypatch.setattr(stream, "MOST_FILES", 3)
    assert "holds more than 3 files" in refused(archive(tmp_path, {str(i): b"" for i in range(5)}))


def test_old_sparse_members_as_tar_writes_them(tmp_path):
    """The sparse map stands inside the header, where numbers may be anything."""
    block = bytearray(member("nubounds-run/x", type=tarfile.GNUTYPE_SPARSE))
    block[386:410] = b"\xff" * 24
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(struct.unpack("512B", block))
    assert "run.tar.gz" in refused(archive(tmp_path, before=bytes(block)))


def test_what_is_shown_is_one_printable_line():
    assert shown("a b\u00e9") == "a b\u00e9"
    assert shown("a\tb\r\n") == r"a\tb\r\n"
    assert len(shown("x" * 1000)) == 303


def test_the_archives_of_python_verify(tmp_path):
    """Rewritten by tarfile, with names that need extended headers."""
    good = archive(tmp_path, {"x" * 300: b"1", "\u00e9.txt": b"2"})
    with tarfile.open(good) as file:
        contents = {info.name: file.extractfile(info).read() for info in file}
    with tarfile.open(good, "w:gz", format=tarfile.PAX_FORMAT) as file:
        for name, data in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    assert "3 files" in pack.verify(good)[0]
