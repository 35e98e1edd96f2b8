"""Where the time of `make paper` goes: processor seconds of every process of the workflow, in a table and a bar.

    make profile                                               the papers' grids, results thrown away
    python tests/benchmarks/profile_paper.py config/toy.yaml   another config, without the bar

Every Python process of the run gets a `sitecustomize` that notes its processor time when it opens its log (until then
it starts and imports) and when it ends.  Processor seconds, because the wall time of a step depends on what else the
machine does; the run's own wall time stands beside them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIGURE, PAPERS = ROOT / "docs" / "profile.png", "config/config.yaml"
NOTE_TIMES = """
import atexit, json, os, sys, time
_begun = []
def _watch(event, arguments):
    if event == "open" and not _begun and str(arguments[0]).endswith(".log") and "w" in str(arguments[1]):
        _begun.append(time.process_time())
sys.addaudithook(_watch)
def _note():
    words = [os.path.basename(sys.argv[0]), *sys.argv[1:]]
    entry = {"words": words, "begun": (_begun or [time.process_time()])[0], "cpu": time.process_time()}
    with open(os.environ["NUBOUNDS_PROFILE"], "a") as file:
        file.write(json.dumps(entry) + "\\n")
atexit.register(_note)
"""
GROUPS = {
    "scan": "kernels",
    "collect": "tables and limits",
    "contour": "tables and limits",
    "limits": "tables and limits",
    "ensemble": "ensembles",
    "figures": "figures",
    "planes": "figures",
    "scorecard": "scorecard and report",
    "report": "scorecard and report",
}


def run(config: str, folder: Path) -> tuple[float, float, list[dict]]:
    """Wall seconds of a first run and of a run with nothing to do, and what the first one's processes noted."""
    site, notes = folder / "site", folder / "notes.jsonl"
    site.mkdir()
    (site / "sitecustomize.py").write_text(NOTE_TIMES, encoding="utf-8")
    path = os.pathsep.join([str(site), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    env = os.environ | {"PYTHONPATH": path, "NUBOUNDS_PROFILE": str(notes), "OMP_NUM_THREADS": "1"}
    snakemake = Path(sys.executable).with_name("snakemake")
    elsewhere = [f"results={folder / 'results'}", "allow_outside_files=True"]
    command = [snakemake, "--profile", "profiles/local", "--configfile", config, "--config", *elsewhere]
    seconds = []
    for _ in range(2):
        start = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
        seconds.append(time.monotonic() - start)
        if done.returncode:
            raise SystemExit(done.stderr[-3000:])
        if len(seconds) == 1:
            entries = [json.loads(line) for line in notes.read_text(encoding="utf-8").splitlines()]
    return *seconds, entries


def summary(entries: list[dict]) -> dict[str, list]:
    """Group -> number of processes, processor seconds of work; start-up of all steps is a group of its own."""
    groups = defaultdict(lambda: [0, 0.0])
    for entry in entries:
        words = entry["words"]
        if "snakemake" in words[0]:
            groups["Snakemake"][0] += 1
            groups["Snakemake"][1] += entry["cpu"]
        elif (step := next((word for word in words[1:] if word in GROUPS), None)) is not None:
            groups[GROUPS[step]][0] += 1
            groups[GROUPS[step]][1] += entry["cpu"] - entry["begun"]
            groups["start of Python, imports"][0] += 1
            groups["start of Python, imports"][1] += entry["begun"]
    return dict(sorted(groups.items(), key=lambda item: -item[1][1]))


def draw(groups: dict[str, list]) -> None:
    """The groups as one stacked bar."""
    from nubounds import style

    figure, ax = style.new_figure(width=style.TWO_COLUMNS, height=1.4)
    left = 0.0
    for index, (name, (_, seconds)) in enumerate(groups.items()):
        ax.barh(
            0, seconds, left=left, color=style.COLOURS[index], hatch=style.HATCHES[index % 6], alpha=0.6, label=name
        )
        left += seconds
    ax.set(yticks=[], xlabel="processor time [s]", xlim=(0, left))
    ax.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
    style.save(figure, FIGURE, "png")


def steps(entries: list[dict], count: int = 12) -> str:
    """The most expensive steps, chunks of a scan together."""
    sums = defaultdict(lambda: [0, 0.0])
    for entry in entries:
        words = entry["words"][1:]
        step = next((index for index, word in enumerate(words) if word in GROUPS), None)
        if step is not None:
            name = " ".join(
                word for word in words[step : step + (3 if words[step] == "scan" else 2)] if word[:2] != "--"
            )
            sums[name][0] += 1
            sums[name][1] += entry["cpu"]
    ranked = sorted(sums.items(), key=lambda item: -item[1][1])[:count]
    return "\n".join(f"| {name} | {number} | {seconds:.1f} |" for name, (number, seconds) in ranked)


def main(config: str = PAPERS) -> None:
    with tempfile.TemporaryDirectory() as folder:
        wall, again, entries = run(config, Path(folder))
    groups = summary(entries)
    total = sum(seconds for _, seconds in groups.values())
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{config}: {wall:.0f} s wall, {total:.0f} s of processor time on {os.cpu_count()} cores (load {load});")
    print(f"with nothing to do {again:.1f} s\n\n| part | processes | processor time [s] | share |\n|---|---|---|---|")
    for name, (number, seconds) in groups.items():
        print(f"| {name} | {number} | {seconds:.1f} | {seconds / total:.0%} |")
    print(f"\n| step | processes | processor time [s] |\n|---|---|---|\n{steps(entries)}")
    if config == PAPERS:
        draw(groups)
        print(f"\nbar: {FIGURE.relative_to(ROOT)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
