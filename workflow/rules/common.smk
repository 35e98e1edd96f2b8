# The plan that all rules share.  The main process makes it; jobs on a cluster only read it.
from nubounds import beginning, registry
from nubounds.config import DEFAULT, RESULTS, VARIABLE, assemble, complete, load
from nubounds.contract import InputError
from nubounds.ensemble import plan as ensemble_plan
from nubounds.files.layout import CAPTION, ENDINGS, NUMBERS, Layout
from nubounds.steps.plan import (
    plane_names,
    planes_of,
    read,
    shared_jobs,
)

IS_MODULE = (
    not workflow.modifier.is_main_snakefile()
)  # of another workflow, which passes the config


def checked_config():
    """Return the config, read by our own reader; Snakemake's can execute code and follows other rules of YAML.

    Jobs get the checked config.  A module gets its config from the other workflow; the results folder carries the
    module's prefix, so that our programs know it.
    """
    if IS_MODULE:
        results = config.get("results", str(RESULTS))
        return complete(
            {**config, "results": str(workflow.modifier.modify_path(results))},
            f"config of the module {workflow.modifier.namespace}",
        )
    files = workflow.overwrite_configfiles or [os.environ.get(VARIABLE, DEFAULT)]
    if not workflow.is_main_process:
        return load(files[0])
    workflow.configfiles[:] = files  # for Snakemake's own report
    return assemble(files, workflow.config_settings.config)


def planned():
    """Return the layout, the names of all chunks, the scans that share jobs, the blocks, planes and posteriors.

    Where there are problems, exit with a line for each.
    """
    try:
        checked = checked_config()
        layout = Layout(checked.results)
        if not workflow.is_main_process:
            return layout, read(checked), *parts(checked, read(checked))
        plan = beginning.begin(checked)
        if not IS_MODULE:
            beginning.watch(workflow, checked)
    except InputError as problem:
        print(problem, file=sys.stderr)
        os._exit(2)
    if not IS_MODULE:
        # Jobs in other processes read this file, so they are unaffected if the user edits the config meanwhile.
        workflow.overwrite_configfiles[:] = [layout.effective_config.absolute()]
    return layout, plan, *parts(checked, plan)


def parts(checked, plan):
    """Return what follows from the config and the plan: scans that share jobs, blocks, planes, posteriors."""
    return (
        shared_jobs(checked, plan),
        ensemble_plan.blocks(checked),
        planes_of(checked),
        list(checked.posteriors),
    )


LAYOUT, PLAN, SHARED, ENSEMBLE, PLANES, POSTERIORS = planned()
CONFIG = LAYOUT.effective_config
if IS_MODULE:  # Snakemake itself adds the module's prefix to the paths in rules
    LAYOUT = Layout(Path(config.get("results", RESULTS)))
SOFTWARE = "../../environment.yml"  # conda environment of every step


def figure_files(constraint):
    """Return the paths of all figures of a constraint, in both formats."""
    figures = registry.get(constraint).declaration["figures"]
    return [
        LAYOUT.figure(constraint, name, ending)
        for name in figures
        for ending in ENDINGS
    ]


def figure_tables(constraint):
    """Return the paths of the tables behind all figures of a constraint."""
    figures = registry.get(constraint).declaration["figures"]
    return [LAYOUT.figure(constraint, name, NUMBERS) for name in figures]


def scan_tables(constraint):
    """Return the paths of the tables of all scans of a constraint."""
    return [LAYOUT.table(constraint, scan) for scan in PLAN[constraint]]


def plane_files():
    """Return the paths of all comparison planes that show anything, in both formats, their numbers and captions."""
    return [
        LAYOUT.comparison(plane, ending)
        for plane in PLANES
        for ending in (*ENDINGS, NUMBERS, CAPTION)
    ]


def planes_with_bands():
    """The comparison planes of the ensembles' limits."""
    return [
        LAYOUT.comparison_with_bands(plane, ending)
        for plane in plane_names()
        for ending in (*ENDINGS, NUMBERS, CAPTION)
    ]


def papers():
    """Return every file made for the papers; each is listed, so that one that was deleted is made again."""
    return [
        path
        for name in PLAN
        for path in (
            *scan_tables(name),
            *figure_files(name),
            *figure_tables(name),
            LAYOUT.limits_index(name),
            LAYOUT.hepdata(name),
            LAYOUT.scorecard(name),
        )
    ]


wildcard_constraints:
    constraint="|".join(PLAN),
    plane="|".join(plane_names()),
    scan=r"\w+",
    chunk=r"\w+",
    block=r"\d+_\d+",
    posterior=r"\w+",


def everything():
    """Return the default targets."""
    return [LAYOUT.report, *papers(), *plane_files()]
