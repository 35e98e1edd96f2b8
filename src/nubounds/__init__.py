"""nubounds: published neutrino and dark-matter constraints, regenerated, changed and extended."""

__version__ = "0.1.0"

__all__ = ["__version__", "evaluate"]


def evaluate(name, /, **args):
    """Value of one quantity at one point; see :func:`nubounds.evaluation.evaluate`, which this calls."""
    from nubounds.evaluation import evaluate as answer

    return answer(name, **args)
