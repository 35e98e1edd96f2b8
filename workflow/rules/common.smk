# The plan that all rules share.  Jobs on a cluster read it; only the main process makes it.
from nubounds import registry
from nubounds.config import DEFAULT, RESULTS, VARIABLE, assemble, complete, load
from nubounds.contract import InputError
from nubounds.ensemble import plan as ensemble_plan
from nubounds.layout import CAPTION, ENDINGS, Layout
from nubounds.steps.plan import plane_names, prepare, read, repair
from nubounds.planes import yours

IS_MODULE = (
    not workflow.modifier.is_main_snakefile()
)  # of another workflow, which hands over the config


def checked_config():
    """The config, by our own reader: Snakemake's can run code and follows other rules.  A job gets what was checked.

    A module's config is what the other workflow gives it; our programs are told of its prefix by the results folder.
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
    """The layout of the results and the names of all chunks and blocks, or an end with one line per problem."""
    try:
        checked = checked_config()
        layout = Layout(checked.results)
        if not workflow.is_main_process:
            return layout, read(checked), ensemble_plan.blocks(checked)
        plan = prepare(checked)
        yours.read(checked.user_limits)  # before the scans rather than after them
        for line in (*repair(checked, plan), *ensemble_plan.prepare(checked)):
            print(line, file=sys.stderr)
    except InputError as problem:
        print(problem, file=sys.stderr)
        os._exit(2)
    if not IS_MODULE:
        # What jobs of their own processes are told to read, whatever becomes of the user's file meanwhile.
        workflow.overwrite_configfiles[:] = [layout.effective_config.absolute()]
    return layout, plan, ensemble_plan.blocks(checked)


LAYOUT, PLAN, ENSEMBLE = planned()
CONFIG = LAYOUT.effective_config
if IS_MODULE:  # Snakemake puts the module's prefix before the paths of rules itself
    LAYOUT = Layout(Path(config.get("results", RESULTS)))
SOFTWARE = "../../environment.yml"  # of every step


def figure_files(constraint):
    """All figures of a constraint, in both formats."""
    figures = registry.get(constraint).declaration["figures"]
    return [
        LAYOUT.figure(constraint, name, ending)
        for name in figures
        for ending in ENDINGS
    ]


def scan_tables(constraint):
    """The tables of all scans of a constraint."""
    return [LAYOUT.table(constraint, scan) for scan in PLAN[constraint]]


def plane_files():
    """All comparison planes, in both formats, and their captions."""
    return [
        LAYOUT.comparison(plane, ending)
        for plane in plane_names()
        for ending in (*ENDINGS, CAPTION)
    ]


def planes_with_bands():
    """The comparison planes of the ensembles' limits."""
    return [
        LAYOUT.comparison_with_bands(plane, ending)
        for plane in plane_names()
        for ending in (*ENDINGS, CAPTION)
    ]


def papers():
    """Everything that is computed for the papers.  Named one by one, so that a file that was deleted is made again."""
    return [
        path
        for name in PLAN
        for path in (
            *scan_tables(name),
            *figure_files(name),
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


def everything():
    """What is made if nothing is named."""
    return [LAYOUT.report, *papers(), *plane_files()]
