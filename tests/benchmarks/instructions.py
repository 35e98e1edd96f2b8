"""Instructions of each core's kernel, counted by callgrind, against the committed table `instructions.csv`.

    make instructions           fails if a core needs 15 % more than the table says
    make instructions-update    writes the table anew: do that, and say why, when a change is meant

Instructions do not depend on how busy the machine is; they do on compiler, libm and processor features, hence the
tolerance, and hence one table for x86-64.  One process runs every kernel N and 2N times.  Between them it calls a
function of Python's that nothing else calls, at which callgrind writes out what it has counted so far; the difference
of both is N runs without the cost of the loop around them.
"""

from __future__ import annotations

import csv
import importlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TABLE = Path(__file__).with_name("instructions.csv")
TOLERANCE = 0.15
MARK = "_PyEval_SetSwitchInterval"  # what sys.setswitchinterval calls
# core -> (module, function that gives the Way or a tuple that begins with it, arguments, repeats)
CORES = {
    "sn_diffusion": ("bench_sn_diffusion", "kernel_way", (), 5),
    "solar_cevns": ("bench_solar_cevns", "kernel_way", (100,), 5),
    "neutron_star": ("bench_neutron_star", "kernel_way", (50,), 5),
    "dm_production": ("bench_dm_production", "kernel_way", (), 5),
    "dm_production thermal potential": ("bench_dm_production", "potential_way", (), 20),
    "dm_production density matrix": ("bench_dm_production", "matrix_way", (), 5),
    "sn_dipole": ("bench_sn_dipole", "kernel_way", (3,), 2),
    "sn_dipole masses in a star": ("bench_pieces", "star_way", (), 2),
    "sn_dipole best physics": ("bench_pieces", "exchange_way", (), 2),
    "sn_dipole places of a star": ("bench_pieces", "places_way", (), 2),
    "sn_dipole ways out": ("bench_pieces", "escape_way", (), 2),
    "sn_dipole counts of Kamiokande": ("bench_pieces", "counts_way", (), 2),
    "sn_diffusion matter": ("bench_pieces", "matter_way", (), 2),
    "sn_diffusion spectrum": ("bench_pieces", "spectrum_way", (), 2),
    "xenon_cevns binned likelihood": ("bench_pieces", "binned_way", (), 5),
    "ensemble surrogate": ("bench_pieces", "surrogate_way", (), 2),
    "ensemble block of members": ("bench_pieces", "members_way", (), 2),
}


def kernel(core: str):
    """The kernel of a core as a `harness.Way`."""
    module, maker, arguments, _ = CORES[core]
    way = getattr(importlib.import_module(module), maker)(*arguments)
    return way[0] if isinstance(way, tuple) else way


def run_all(cores: list[str]) -> None:
    """What valgrind watches: every kernel once to warm up, N times, 2N times, with marks around."""
    sys.path.insert(0, str(TABLE.parent))

    def mark():
        sys.setswitchinterval(sys.getswitchinterval())

    for core in cores:
        repeats, run = CORES[core][3], kernel(core).run
        run()
        for count in (repeats, 2 * repeats):
            mark()
            for _ in range(count):
                run()
        mark()


def watch(cores: list[str]) -> dict[str, tuple[str, str]]:
    """What callgrind wrote about N and about 2N runs of each core."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            "valgrind",
            "--tool=callgrind",
            f"--callgrind-out-file={folder}/out",
            f"--dump-before={MARK}",
            sys.executable,
            str(Path(__file__).resolve()),
            "--run",
            *cores,
        ]
        single = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
        done = subprocess.run(
            command, capture_output=True, text=True, env=os.environ | single | {"PYTHONHASHSEED": "0"}
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        texts = [Path(f"{folder}/out.{n}").read_text(encoding="utf-8") for n in range(1, 3 * len(cores) + 1)]
    return {core: (texts[3 * index + 1], texts[3 * index + 2]) for index, core in enumerate(cores)}


def count(cores: list[str]) -> dict[str, int]:
    """Instructions of one run of each core."""

    def total(text):
        return int(re.search(r"^(?:totals|summary): (\d+)", text, flags=re.MULTILINE).group(1))

    return {core: round((total(twice) - total(once)) / CORES[core][3]) for core, (once, twice) in watch(cores).items()}


def read_table() -> dict[str, int]:
    """The committed counts."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["core"]: int(row["instructions"]) for row in csv.DictReader(file)}


def write_table(counts: dict[str, int]) -> None:
    """Write the committed counts."""
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("core", "instructions"))
        writer.writerows(counts.items())


def report(counts: dict[str, int], expected: dict[str, int]) -> list[str]:
    """Print both counts; returns the cores that need too many."""
    print(f"{'core':36s} {'counted':>12s} {'table':>12s}")
    for core, counted in counts.items():
        print(f"{core:36s} {counted:12d} {expected.get(core, 0):12d} {counted / expected.get(core, counted) - 1:+8.1%}")
    return [core for core, counted in counts.items() if counted > (1 + TOLERANCE) * expected.get(core, 0)]


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--run"]:
        run_all(arguments[1:])
        return 0
    if shutil.which("valgrind") is None:
        print("instructions are not counted: there is no valgrind on this machine")
        return 0
    counts = count(list(CORES))
    if arguments[:1] == ["--update"]:
        write_table(counts)
    slower = report(counts, read_table())
    if slower:
        print(
            f"more than {TOLERANCE:.0%} above the table: {', '.join(slower)} (if that is meant: make instructions-update)"
        )
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
