"""What has to be said below a plane: levels, assumptions, conversions, and what is not drawn."""

from __future__ import annotations

from nubounds.planes.collect import COMPUTED, PUBLISHED, YOURS, Limit
from nubounds.planes.declaration import Plane


def _listed(pairs) -> dict[str, list[str]]:
    """Labels by the words that hold for them, in order of appearance, without repetition."""
    groups: dict[str, list[str]] = {}
    for words, label in pairs:
        labels = groups.setdefault(words, [])
        if label not in labels:
            labels.append(label)
    return groups


def _joined(groups: dict[str, list[str]]) -> str:
    """Labels behind the words that hold for them; all of them together where there is one group."""
    if len(groups) == 1:
        return next(iter(groups))
    return "; ".join(f"{words}: {', '.join(labels)}" for words, labels in groups.items())


def levels(found: list[Limit]) -> str:
    """Which confidence levels there are, and which curves are projections."""
    pairs = [
        (
            f"{limit.curve.confidence_level} C.L."
            if limit.curve.confidence_level
            else "criterion or line without C.L.",
            limit.curve.label,
        )
        for limit in found
    ]
    projected = list(dict.fromkeys(limit.curve.label for limit in found if not limit.curve.observed))
    text = _joined(_listed(pairs))
    return f"{text}. Projected: {', '.join(projected)}." if projected else f"{text}."


def assumptions(found: list[Limit]) -> str:
    """The assumptions and conventions that the limit files state, by curve."""
    said = [
        (
            "; ".join(
                word
                for word in (limit.curve.convention and f"convention {limit.curve.convention}", limit.curve.assumptions)
                if word
            ),
            limit,
        )
        for limit in found
    ]
    groups = _listed((f"{words} [{limit.reference}]", limit.curve.label) for words, limit in said if words)
    return "; ".join(f"{', '.join(labels)}: {words}" for words, labels in groups.items())


def conversions(plane: Plane, found: list[Limit]) -> str:
    """How the columns of the limit files were read."""
    used = dict.fromkeys(column for limit in found for column in limit.columns)
    said = [f"{column} = {plane.convention_of(column)}" for column in used if plane.convention_of(column)]
    return f"Columns: {'; '.join(said)}." if said else ""


def references(found: list[Limit]) -> str:
    """Who stands behind the curves."""
    return "; ".join(
        f"{reference}: {', '.join(labels)}"
        for reference, labels in _listed((limit.reference, limit.curve.label) for limit in found).items()
    )


def missing(found: list[Limit]) -> str:
    """What could be on the plane and is not."""
    kinds = {limit.kind for limit in found}
    lines = []
    if COMPUTED not in kinds:
        lines.append("No computed limit belongs to this plane in this run.")
    if PUBLISHED not in kinds:
        lines.append(
            "Limits of other experiments are not drawn: none are there for this plane (make published-limits "
            "fetches those that are public)."
        )
    if YOURS in kinds:
        lines.append("Yours: " + ", ".join(limit.curve.label for limit in found if limit.kind == YOURS) + ".")
    return " ".join(lines)


def below(plane: Plane, found: list[Limit], numbered: dict[str, str]) -> list[tuple[str, str]]:
    """Heading and text of each paragraph below a plane; `numbered` holds labels that found no room."""
    paragraphs = [
        ("Numbered curves", "; ".join(f"{number} {label}" for label, number in numbered.items())),
        ("Levels", levels(found) if found else ""),
        ("Convention", plane.convention),
        ("", conversions(plane, found)),
        ("Assumptions", assumptions(found)),
        ("Sources", references(found)),
        ("Missing", missing(found)),
    ]
    return [(heading, text) for heading, text in paragraphs if text]
