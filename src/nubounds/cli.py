"""The command line of nubounds: one command per step, the same ones that the workflow's rules call."""

from __future__ import annotations

import argparse
import atexit
import gc
import io
import json
import os
import sys
from pathlib import Path

from nubounds import __version__
from nubounds.code import build
from nubounds.contract import InputError
from nubounds.running import arithmetic

BATCH_TEXT = {"encoding": "utf-8-sig", "errors": "replace"}  # a line of invalid UTF-8 is then answered as invalid JSON


def _list(options) -> int:
    from nubounds.answers import listing

    if options.priors:
        print("\n".join(listing.priors_of(options.name)))
        return 0
    print("\n".join(listing.lines(options.name, options.long)))
    return 0


def _answer_lines(lines, config) -> int:
    from nubounds.answers import evaluation

    failed = False
    for response in evaluation.respond_batch(lines, config):
        failed |= "message" in response
        print(json.dumps(response), flush=True)
    return 2 if failed else 0


def _inputs_of(path) -> dict | None:
    """Return the inputs of a config by constraint, or None if no config is given."""
    if path is None:
        return None
    from nubounds import config

    loaded = config.load(path)
    config.check_inputs(loaded)
    return {name: section.inputs for name, section in loaded.sections.items()}


def _arguments(words: list[str]) -> dict[str, str]:
    """Return the arguments of a quantity from words of the form key=value."""
    from nubounds.answers import evaluation

    for word in words:
        if "=" not in word:
            raise InputError(f"{word}: arguments are given as key=value")
    return evaluation.without_repetition(word.split("=", 1) for word in words)


def _evaluate(options) -> int:
    from nubounds.answers import evaluation

    if (options.batch is None) == (options.name is None):
        raise InputError("evaluate needs a quantity (see `nubounds list`) or --batch FILE, but not both")
    config = _inputs_of(options.config)
    if options.batch == "-":
        sys.stdin.reconfigure(**BATCH_TEXT)
        return _answer_lines(sys.stdin, config)
    if options.batch is not None:
        if not Path(options.batch).is_file():
            raise InputError(f"no file {options.batch}")
        with open(options.batch, **BATCH_TEXT) as lines:
            return _answer_lines(lines, config)
    args = _arguments(options.args)
    response = evaluation.respond(options.name, args, config)
    if options.json:
        print(json.dumps(response))
        return 0
    print(f"{response['name']} = {response['value']} [{response['unit']}]")
    if response["error"] is not None:
        print(f"  numerical error {response['error']}")
    if "note" in response:
        print(f"  {response['note']}")
    own = {parameter.name for parameter in evaluation.find(options.name).parameters}
    for key, value in response["args"].items():
        if key in own or any(name.split(".")[0] == key for name in args):
            print(f"  {key} = {value}")
    return 0


def _waterfall(options) -> int:
    from nubounds import waterfall
    from nubounds.answers import evaluation

    given = _arguments(options.args)
    config = (_inputs_of(options.config) or {}).get(options.name.split(".")[0])
    quantity = evaluation.find(options.name)
    steps = waterfall.steps(evaluation.ask, quantity, given, config)
    print("\n".join([f"{quantity.name} [{quantity.unit}]", *waterfall.lines(steps)]))
    return 0


def _class_input(options) -> int:
    from nubounds import registry

    build.require_fresh()
    given = _arguments(options.args)
    maker = next(found for found in map(registry.get, registry.names()) if found.has("class_input"))
    write = maker.module("class_input").write
    print("\n".join(write(given, options.output, options.points, options.q_max, options.smooth, options.force)))
    return 0


def _jobs(options) -> int:
    from nubounds.running import waiting

    print("\n".join(waiting.jobs(Path.cwd()).values()) or "no jobs from this folder")
    return 0


def _log(options):
    from nubounds.running.progress import Log

    return Log(options.log, ["nubounds", *sys.argv[1:]])


def _config_of(options):
    """Return the config of a step; InputError if it lacks the constraint, or the constraint lacks the scan."""
    from nubounds import config, registry

    name = getattr(options, "constraint", None)
    loaded = config.load(options.config, name)
    if name is not None and name not in loaded.sections:
        raise InputError(f"{options.config}: no constraint {name}; valid: {', '.join(loaded.sections)}")
    for scan in getattr(options, "scans", ()):
        if scan not in registry.get(name).scans:
            raise InputError(f"{name} has no scan {scan}; valid: {', '.join(registry.get(name).scans)}")
    return loaded


def _check(options) -> int:
    from nubounds import config, registry
    from nubounds.ensemble import plan as ensemble_plan
    from nubounds.files import user_limits
    from nubounds.planes import yours
    from nubounds.posterior import plan as posterior_plan
    from nubounds.steps import plan

    checked = config.load(options.config)
    plan.check(checked)
    ensemble_plan.check(checked)
    posterior_plan.check(checked)
    yours.read(checked.user_limits)
    for line in user_limits.not_read(checked.user_limits):
        print(line)
    for name, section in checked.sections.items():
        sizes = {}
        for scan, declared in registry.get(name).scans.items():
            sizes[scan] = 1
            for axis in declared["axes"]:
                sizes[scan] *= len(section.grid[axis])
        print(f"{name}: " + ", ".join(f"{scan} {size} points" for scan, size in sizes.items()))
    return 0


def _init(options) -> int:
    from nubounds import starter

    if options.constraint is not None:
        folder = options.folder or Path(options.constraint)
        written, following = starter.create_constraint(folder, options.constraint), f"pip install -e {folder}"
        following += f" && nubounds evaluate {options.constraint}.coupling_limit m_mediator_MeV=10"
    elif options.folder is None:
        raise InputError("init needs a FOLDER (or --constraint NAME)")
    else:
        folder = options.folder
        written = starter.create(folder, options.constraints, options.resolution)
        following = f"cd {folder} && nubounds run"
    print(f"{folder}: {', '.join(written)}\nnext: {following}")
    return 0


def _run(options) -> int:
    from nubounds import beginning, config
    from nubounds.running import launch

    loaded, profile = config.load(options.config), Path(launch.profile_of(options.profile))
    if not (options.dry_run or options.targets) and beginning.is_done(loaded, profile):
        print(beginning.NOTHING, file=sys.stderr)
        return 0
    return launch.start(options.config, list(loaded.sections), options.profile, options.dry_run, options.targets)


def _config(options) -> int:
    from nubounds.config import files as config_files

    if options.schema:
        print(config_files.schema_text(), end="")
    else:
        print(config_files.config_text(options.resolution), end="")
    return 0


def _scan(options) -> int:
    from nubounds.files.layout import Layout
    from nubounds.steps import scan

    loaded = _config_of(options)
    if not options.scans:
        scan.run_all(loaded, options.constraint, options.ranks, _log(options))
        return 0
    if options.chunk is None:
        raise InputError("scan: a single scan needs --chunk; without the name of a scan, all scans are computed")
    if options.log and len(options.scans) > 1:
        raise InputError("scan: --log is for a single scan; several have logs of their own in the results folder")
    _limit_time(options.time_limit)
    for name in options.scans:
        log_file = options.log or Layout(loaded.results).log(options.constraint, f"scan_{name}_{options.chunk}")
        command = ["nubounds", *sys.argv[1:]]
        scan.compute_chunk(loaded, options.constraint, name, options.chunk, options.ranks, log_file, command)
    return 0


def _limit_time(minutes: float | None) -> None:
    """End the process, and with it all ranks, after some minutes; a separate thread does so even if a kernel hangs."""
    if minutes:
        import faulthandler

        faulthandler.dump_traceback_later(60 * minutes, exit=True)


def _ensemble(options) -> int:
    from nubounds.ensemble import blocks, collect

    loaded = _config_of(options)
    if options.block is None:
        collect.collect(loaded, options.constraint, _log(options))
        return 0
    _limit_time(options.time_limit)
    command = ["nubounds", *sys.argv[1:]]
    blocks.compute(loaded, options.constraint, options.block, options.ranks, options.log, command)
    return 0


def _posterior(options) -> int:
    loaded = _config_of(options)
    if options.corner:
        from nubounds.posterior import figures

        figures.draw(loaded, options.name, _log(options))
        return 0
    from nubounds.posterior import sample

    _limit_time(options.time_limit)
    sample.sample(loaded, options.name, options.ranks, options.log, ["nubounds", *sys.argv[1:]])
    return 0


def _collect(options) -> int:
    from nubounds import registry
    from nubounds.steps import scan

    loaded, log = _config_of(options), _log(options)
    for name in options.scans or registry.get(options.constraint).scans:
        scan.collect(loaded, options.constraint, name, log)
    return 0


def _contour(options) -> int:
    from nubounds.steps import derive, hepdata, limits

    loaded, log = _config_of(options), _log(options)
    curves = derive.contour(loaded, options.constraint, log)
    limits.write(loaded, options.constraint, curves, log)
    hepdata.write(loaded, options.constraint, curves, log)
    return 0


def _limits(options) -> int:
    from nubounds.steps import limits

    loaded = _config_of(options)
    if options.list:
        print("\n".join(limits.listing(loaded)))
    elif options.constraint is None:
        raise InputError("limits needs a constraint, or --list")
    else:
        _contour(options)
    return 0


def _figures(options) -> int:
    from nubounds.steps import figures

    figures.draw(_config_of(options), options.constraint, options.only, _log(options))
    return 0


def _planes(options) -> int:
    from nubounds.planes import declaration, draw

    loaded, log = _config_of(options), _log(options)
    for name in [options.plane] if options.plane else declaration.names():
        draw.draw(loaded, name, options.variants, log, options.bands)
    return 0


def _published(options) -> int:
    from nubounds.published import fetch, table

    fetch.fetch(table.read(), _log(options), base_url=options.base_url or fetch.BASE_URL, unlicensed=options.unlicensed)
    return 0


def _published_data(options) -> int:
    from nubounds.published import data

    data.install(data.get(options.name), _log(options), source=options.source, address=options.base_url or "")
    return 0


def _scorecard(options) -> int:
    from nubounds.files import digests, tables
    from nubounds.files.layout import Layout
    from nubounds.steps import scorecard

    log, layout = _log(options), Layout(_config_of(options).results)
    before = options.against or layout.scorecard(options.constraint)
    if options.fail_on == "changed" and not before.is_file():
        raise InputError(f"{before}: no scorecard to compare with; run without --fail-on first, or use --against FILE")
    known = scorecard.verdicts(before) if options.fail_on else {}
    rows = scorecard.compute(options.constraint)
    with digests.noting(layout, options.constraint, "scorecard"):
        tables.write_text(layout.scorecard(options.constraint), scorecard.to_csv(rows))
    log(f"{options.constraint}: {len(rows)} statements")
    changed = scorecard.changes(rows, known) if options.fail_on else []
    for line in changed:
        print(line)
    return 1 if changed else 0


def _class_files(options) -> int:
    from nubounds.steps import class_files

    class_files.write(_config_of(options), options.constraint, _log(options))
    return 0


def _archive(options) -> int:
    from nubounds.archive import pack

    pack.pack(_config_of(options), options.output, _log(options))
    return 0


def _verify(options) -> int:
    from nubounds.archive import pack

    print("\n".join(pack.verify(options.archive)))
    return 0


def _report(options) -> int:
    from nubounds import report

    loaded, log = _config_of(options), _log(options)
    if options.ensemble:
        report.write_ensemble(loaded, options.ensemble, log)
    elif options.explorer:
        report.write_explorer(loaded, log)
    else:
        report.write(loaded, log)
    return 0


# the process ends after some seconds
SHORT_STEPS = (_collect, _contour, _figures, _planes, _scorecard, _class_files, _report)


class Parser(argparse.ArgumentParser):
    """Argument parser that reports errors in one line, like the rest of the program."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message}; see `{self.prog} --help`\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = Parser(prog="nubounds", description=__doc__)
    top.add_argument("--version", action="version", version=f"nubounds {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    command = commands.add_parser("list", help="list the quantities that can be evaluated")
    words = "beginning of a name: show arguments, units and defaults; any other word: search for it"
    command.add_argument("name", nargs="?", default="", metavar="NAME|WORD", help=words)
    command.add_argument("--long", action="store_true", help="show arguments, units and defaults of all quantities")
    command.add_argument("--priors", action="store_true", help="list the inputs that have a prior, and its source")
    command.set_defaults(run=_list)

    command = commands.add_parser("evaluate", help="evaluate a quantity at a point")
    command.add_argument("name", nargs="?", metavar="NAME")
    command.add_argument("args", nargs="*", metavar="key=value")
    command.add_argument("--config", metavar="FILE", help="take inputs that are not given from this config")
    command.add_argument("--json", action="store_true", help="print one JSON object")
    command.add_argument(
        "--batch", metavar="FILE", help='read one {"name": NAME, "args": {...}} per line; - for standard input'
    )
    command.set_defaults(run=_evaluate)

    command = commands.add_parser(
        "waterfall", help="show how a quantity changes step by step from the paper's value to today's best"
    )
    command.add_argument("name", metavar="NAME")
    command.add_argument("args", nargs="*", metavar="key=value", help="inputs that are given are held fixed")
    command.add_argument("--config", metavar="FILE", help="take inputs that are not given from this config")
    command.set_defaults(run=_waterfall)

    command = commands.add_parser("check", help="check a config without running anything")
    command.add_argument("config", metavar="CONFIG", nargs="?", default="config/config.yaml")
    command.set_defaults(run=_check)

    command = commands.add_parser("init", help="create a project folder: config, profiles, Snakefile, README")
    command.add_argument("folder", metavar="FOLDER", type=Path, nargs="?")
    command.add_argument("--constraints", metavar="NAME", nargs="+", help="constraints to include (default: all)")
    command.add_argument("--resolution", default="paper", help="resolution of the grids: paper (default), toy, hires")
    command.add_argument("--constraint", metavar="NAME", help="create a package with a new constraint instead")
    command.set_defaults(run=_init)

    command = commands.add_parser("run", help="run the workflow: everything, or the files and figures named")
    command.add_argument("--config", metavar="FILE", default="config/config.yaml")
    command.add_argument("--profile", metavar="NAME|FOLDER", default="local", help="where to run: local, slurm, ...")
    command.add_argument("-n", "--dry-run", action="store_true", help="show what would be done")
    command.add_argument(
        "targets",
        metavar="TARGET",
        nargs="*",
        help="files or figures (fig6b, or NAME/fig3) to make; after --: options for Snakemake",
    )
    command.set_defaults(run=_run)

    command = commands.add_parser("class-input", help="write a dark-matter spectrum and the ini file for CLASS")
    command.add_argument("args", metavar="KEY=VALUE", nargs="*", help="as for evaluate; branch=A|B|C sets the coupling")
    command.add_argument("--output", metavar="DIR/NAME", type=Path, required=True, help="prefix of the files' names")
    command.add_argument("--points", type=int, default=100, help="number of momenta in the table (default 100)")
    command.add_argument("--q-max", type=float, default=25.0, metavar="Q", help="the largest momentum (default 25)")
    command.add_argument("--smooth", type=float, default=0.0, metavar="W", help="width in ln q, for narrow resonances")
    command.add_argument("--force", action="store_true", help="overwrite existing files")
    command.set_defaults(run=_class_input)

    command = commands.add_parser("jobs", help="show this folder's jobs on a cluster, and why they wait")
    command.set_defaults(run=_jobs)

    command = commands.add_parser("config", help="print a complete config with every axis and input, commented")
    command.add_argument(
        "--resolution", choices=("paper", "toy", "hires"), default="paper", help="which of the declared grids to use"
    )
    command.add_argument("--schema", action="store_true", help="print the JSON schema of configs, for editors")
    command.set_defaults(run=_config)

    def step(name, help, run, constraint=True):
        command = commands.add_parser(name, help=help)
        if constraint:
            command.add_argument("constraint", metavar="CONSTRAINT")
        command.add_argument("--config", metavar="FILE", default="config/config.yaml")
        command.add_argument("--log", metavar="FILE", type=Path)
        command.set_defaults(run=run)
        return command

    def parallel(command):
        command.add_argument("--ranks", type=int, default=1, help="number of MPI ranks that the launcher starts")
        command.add_argument("--time-limit", type=float, metavar="MINUTES", help="end the job if it takes longer")

    command = step("scan", "compute the points of a constraint's scans (or of one chunk, under MPI)", _scan)
    command.add_argument("scans", metavar="SCAN", nargs="*")
    command.add_argument("--chunk", metavar="NAME", help="compute this chunk of the plan, of each SCAN")
    parallel(command)
    command = step(
        "ensemble",
        "compute a constraint's uncertainty bands and their causes (or one block of members, under MPI)",
        _ensemble,
    )
    command.add_argument("--block", metavar="FIRST_LAST", help="compute only these members, for example 0_15")
    parallel(command)
    command = step(
        "posterior", "sample a posterior of the config (under MPI), or draw it", _posterior, constraint=False
    )
    command.add_argument("name", metavar="NAME", help="one of the config's posteriors")
    command.add_argument("--corner", action="store_true", help="draw the corner plot of what was sampled")
    parallel(command)
    command = step("collect", "join the chunks of a constraint's scans (or of some) into tables", _collect)
    command.add_argument("scans", metavar="SCAN", nargs="*")
    step("contour", "derive limit curves, limit files and the paper's tables from the scans' tables", _contour)
    command = step("limits", "list the existing limit files, or write those of a constraint", _limits, constraint=False)
    command.add_argument("constraint", metavar="CONSTRAINT", nargs="?")
    command.add_argument("--list", action="store_true", help="list the existing limit files")
    command = step("figures", "draw the figures of a paper", _figures)
    command.add_argument("--only", metavar="FIGURE", nargs="+", help="draw only these figures")
    command = step("planes", "draw the comparison planes from the existing limit files", _planes, constraint=False)
    command.add_argument("plane", metavar="PLANE", nargs="?", help="draw only this plane")
    command.add_argument("--bands", action="store_true", help="draw the limits of the ensembles, with their bands")
    command.add_argument(
        "--variants", action="store_true", help="also draw the same limits in other conventions, as thin lines"
    )
    command = commands.add_parser(
        "published-limits", help="fetch published limits of other groups for the planes (needs a network)"
    )
    command.add_argument("--base-url", metavar="URL", help="use another server with the same repositories")
    command.add_argument(
        "--unlicensed", action="store_true", help="also fetch files without a licence, for your own use only"
    )
    command.add_argument("--log", metavar="FILE", type=Path)
    command.set_defaults(run=_published)
    command = commands.add_parser(
        "published-data", help="install a public data release for the constraints that can use it"
    )
    command.add_argument("name", metavar="NAME", help="the release: xenonnt")
    command.add_argument(
        "--from",
        dest="source",
        metavar="FOLDER",
        type=Path,
        help="a checkout or an archive of the release, or the repacked file, instead of the network",
    )
    command.add_argument("--base-url", metavar="URL", help="fetch the archive from this address instead")
    command.add_argument("--log", metavar="FILE", type=Path)
    command.set_defaults(run=_published_data)
    step(
        "class-files",
        "write spectra of dark matter and inis for CLASS at a constraint's benchmark points",
        _class_files,
    )

    command = step("scorecard", "recompute every number that a paper states", _scorecard)
    command.add_argument("--fail-on", choices=("changed",), help="exit with status 1 if a verdict has changed")
    command.add_argument(
        "--against",
        metavar="FILE",
        type=Path,
        help="compare with this scorecard instead of the last one in the results",
    )
    command = step("report", "write the report, or a page of it on ensembles", _report, constraint=False)
    command.add_argument("--ensemble", metavar="CONSTRAINT", help="only the page of this constraint's ensemble")
    command.add_argument("--explorer", action="store_true", help="only the page on which inputs can be changed")
    command = step("archive", "pack a finished run into one file", _archive, constraint=False)
    command.add_argument("--output", metavar="FILE", type=Path, default=Path("nubounds-run.tar.gz"))
    command = commands.add_parser("verify", help="check every file of an archived run against its manifest")
    command.add_argument("archive", metavar="ARCHIVE", type=Path)
    command.set_defaults(run=_verify)
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run the program.

    Parameters
    ----------
    arguments : the words after the program's name; default: those of this process

    Returns
    -------
    Exit status: 0 for success, 1 for a failure, 2 for invalid input.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # for terminals whose encoding has no Greek letters
    try:
        try:
            return _run_command(arguments)
        finally:
            sys.stdout.flush()  # here, so that a closed pipe is caught below
    except BrokenPipeError:  # the reader of our output has exited, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run_command(arguments: list[str] | None) -> int:
    options = parser().parse_args(arguments)
    if arguments is None:  # started from the command line rather than called by other code
        arithmetic.start_pinned()
    os.environ["MPLBACKEND"] = "Agg"  # figures are written to files; a cluster node has no display
    # Garbage collection takes a fifth of the time spent on figures, and another 0.3 s when the process ends.
    atexit.register(gc.freeze)
    if options.run in SHORT_STEPS:
        gc.disable()
    try:
        build.require_own_checkout()
        return options.run(options)
    except InputError as problem:
        print(f"nubounds: {problem}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        raise
    except OSError as problem:  # a full disk, or a file that cannot be read or written
        print(f"nubounds: {problem.strerror}: {problem.filename or 'while writing'}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
