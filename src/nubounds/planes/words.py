"""What has to be said below a plane: levels, assumptions, conversions, and what is not drawn."""

from __future__ import annotations

import re

from nubounds.mathtext import to_text
from nubounds.planes.collect import COMPUTED, PUBLISHED, YOURS, Limit, main_curves
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
    return ". ".join(f"{words}: {'; '.join(labels)}" for words, labels in groups.items())


def levels(found: list[Limit]) -> str:
    """Which confidence levels there are, and which curves are projections."""
    pairs = [
        (
            f"{limit.curve.confidence_level} C.L."
            if limit.curve.confidence_level
            else "criterion or line without confidence level",
            limit.curve.label,
        )
        for limit in found
    ]
    projected = list(dict.fromkeys(limit.curve.label for limit in found if not limit.curve.observed))
    text = _joined(_listed(pairs)).rstrip(".") + "."
    return f"{text} Projected: {'; '.join(projected)}." if projected else text


def _pieces(limit: Limit) -> list[str]:
    """Convention and assumptions of a limit, piece by piece."""
    curve = limit.curve
    words = [f"convention {curve.convention}" if curve.convention else "", curve.assumptions]
    return [piece for text in words for piece in re.split(r"[;,] ", text) if piece]


def sources(found: list[Limit]) -> str:
    """Who stands behind the curves, and what they assume: first what holds for all curves of a source."""
    parts = []
    for reference in dict.fromkeys(limit.reference for limit in found):
        members = [limit for limit in found if limit.reference == reference]
        common = [piece for piece in _pieces(members[0]) if all(piece in _pieces(limit) for limit in members)]
        own = _listed((", ".join(p for p in _pieces(limit) if p not in common), limit.curve.label) for limit in members)
        said = ["; ".join(labels) + (f" [{words}]" if words else "") for words, labels in own.items()]
        parts.append(f"{reference}{' (' + ', '.join(common) + ')' if common else ''}: {'; '.join(said)}")
    return ". ".join(parts) + "." if parts else ""


def variants(found: list[Limit]) -> str:
    """What the thin unlabelled curves are."""
    thin = [limit for limit, main in zip(found, main_curves(found), strict=True) if not main]
    conventions = ", ".join(dict.fromkeys(limit.curve.convention for limit in thin if limit.curve.convention))
    return f"the same limits in other conventions or readings ({conventions})." if thin else ""


def conversions(plane: Plane, found: list[Limit]) -> str:
    """How the columns of the limit files were read."""
    used = dict.fromkeys(column for limit in found for column in limit.columns)
    said = [f"{column} = {plane.convention_of(column)}" for column in used if plane.convention_of(column)]
    return f"Columns: {'; '.join(said).rstrip('.')}." if said else ""


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
    main = [limit for limit, stands in zip(found, main_curves(found), strict=True) if stands]
    paragraphs = [
        ("Numbered curves", "; ".join(f"{number} {label}" for label, number in numbered.items())),
        ("Thin curves", variants(found)),
        ("Levels", levels(main) if main else ""),
        ("Convention", plane.convention),
        ("", conversions(plane, found)),
        ("Sources and assumptions", sources(main)),
        ("Missing", missing(found)),
    ]
    return [(heading, to_text(text)) for heading, text in paragraphs if text]
