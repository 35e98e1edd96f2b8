"""Read the files of an untrusted archive one after another.

Nothing is unpacked, and only some kilobytes are held in memory at a time, whatever sizes the archive claims.
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from nubounds.contract import InputError

BLOCK, PIECE = tarfile.BLOCKSIZE, 1 << 16
LONGEST_HEADER = 1 << 16  # bytes of an extended header, which holds a long name
MOST_FILES, MOST_BYTES = 200_000, 50_000_000_000
LONGEST_WORDS = 300


def shown(text: str) -> str:
    """Make untrusted text safe to print: one line of printable characters, of limited length."""
    safe = "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text[:LONGEST_WORDS]
    )
    return safe if len(text) <= LONGEST_WORDS else f"{safe}..."


class Damaged(Exception):
    """The archive is damaged, or the file is not an archive."""


class _Stream:
    """The bytes of a gzip file in order, up to a maximum number."""

    def __init__(self, file):
        self.file, self.count = file, 0

    def piece(self, size: int) -> bytes:
        data = self.file.read(min(size, PIECE))
        self.count += len(data)
        if self.count > MOST_BYTES:
            raise Damaged(f"holds more than {MOST_BYTES:.0e} bytes")
        return data

    def pieces(self, size: int) -> Iterator[bytes]:
        """Yield the next `size` bytes; Damaged if the archive ends before that."""
        while size:
            data = self.piece(size)
            if not data:
                raise Damaged("truncated")
            size -= len(data)
            yield data

    def whole(self, size: int) -> bytes:
        return b"".join(self.pieces(size))

    def finish(self) -> None:
        """Read to the end, so that gzip's checksum is verified; Damaged if anything but padding follows."""
        while data := self.piece(PIECE):
            if data.strip(b"\0"):
                raise Damaged("data after its end")


def _padding(size: int) -> int:
    return -size % BLOCK


def _long_name(header: bytes) -> str | None:
    """Return the path in an extended header, whose lines each consist of their length, a key and a value."""
    while header:
        digits, _, _ = header.partition(b" ")
        length = int(digits) if digits.isdigit() and len(digits) < 6 else 0
        line, header = header[:length], header[length:]
        key, equals, value = line[len(digits) + 1 : -1].partition(b"=")
        if not equals or line[-1:] != b"\n":
            raise Damaged("unreadable extended header")
        if key == b"path":
            return value.decode("utf-8", "surrogateescape")
        if key.startswith(b"GNU.sparse") or key == b"size":
            raise Damaged(f"{shown(key.decode('utf-8', 'surrogateescape'))}: not a plain file")
    return None


def _inner(name: str, root: str) -> str:
    """Return a member's path below the folder `root`, which must hold all members."""
    parts = PurePosixPath(name).parts
    if parts[:1] != (root,) or len(parts) < 2 or ".." in parts or "\0" in name:
        raise Damaged(f"{shown(name) or 'a member without a name'} is not a plain file of {root}")
    return "/".join(parts[1:])


def _members(stream: _Stream, root: str) -> Iterator[tuple[str, Iterator[bytes]]]:
    seen, long_name = set(), None
    while any(block := stream.whole(BLOCK)):
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        if info.type == tarfile.XHDTYPE and long_name is None and 0 <= info.size <= LONGEST_HEADER:
            long_name = _long_name(stream.whole(info.size + _padding(info.size))[: info.size])
            continue
        name = _inner(info.name if long_name is None else long_name, root)
        if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or info.size < 0:
            raise Damaged(f"{shown(name)} is not a plain file of {root}")
        if name in seen:
            raise Damaged(f"{shown(name)} occurs twice")
        seen.add(name)
        if len(seen) > MOST_FILES:
            raise Damaged(f"holds more than {MOST_FILES} files")
        yield name, stream.pieces(info.size)
        stream.whole(_padding(info.size))
        long_name = None
    stream.finish()


@contextmanager
def opened(path: Path, root: str) -> Iterator[Iterator[tuple[str, Iterator[bytes]]]]:
    """Open an archive; a context manager.

    Parameters
    ----------
    path : path of the archive
    root : top-level folder that must hold all files

    Yields
    ------
    Iterator of pairs: the path of a file below `root`, and an iterator over its content in pieces, which must be
    consumed before the next pair.

    Raises
    ------
    InputError
        In one line, during iteration, if the archive is damaged or too large, or holds something other than plain
        files below `root`, or the same file twice.
    """
    try:
        with gzip.open(path) as file:
            yield _members(_Stream(file), root)
    except InputError:
        raise
    except Damaged as problem:
        raise InputError(f"{path}: damaged or not an archive ({problem})") from None
    except (OSError, EOFError, zlib.error, tarfile.TarError, ValueError) as problem:
        raise InputError(f"{path}: damaged or not an archive ({shown(str(problem))})") from None
