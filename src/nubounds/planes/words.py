"""The caption of a plane: levels, assumptions, conversions, and what is not drawn."""

from __future__ import annotations

import re

from nubounds import registry
from nubounds.contract import Side
from nubounds.mathtext import to_text
from nubounds.planes.collect import COMPUTED, PUBLISHED, YOURS, Limit
from nubounds.planes.declaration import Plane
from nubounds.steps import limits
from nubounds.waterfall import INPUTS_OF


def in_words(group: str, text: str) -> str:
    """What a limit file says of its convention and assumptions, in the words of the field: those that the constraint's
    declaration gives for the short ones of files and configs.

    Parameters
    ----------
    group : name of the constraint, or of any other source, which is taken at its word
    text : pieces with commas or semicolons between them

    Returns
    -------
    The same with the pieces in other words.
    """
    known = registry.get(group).declaration["words"] if group in registry.names() else {}
    return "".join(known.get(piece, piece) for piece in re.split(r"([;,] )", text))


def said(limit: Limit) -> list[str]:
    """Convention and assumptions of a limit in words."""
    return [in_words(limit.group, text) for text in (limit.curve.convention, limit.curve.assumptions)]


def _pieces(limit: Limit) -> list[str]:
    """The same, piece by piece."""
    return [piece for text in said(limit) for piece in re.split(r"[;,] ", text) if piece]


def _listed(pairs) -> dict[str, list[str]]:
    """Labels by the words that hold for them, in order of appearance, without repetition."""
    groups: dict[str, list[str]] = {}
    for words, label in pairs:
        labels = groups.setdefault(words, [])
        if label not in labels:
            labels.append(label)
    return groups


def _members(members: list[Limit], common: list[str]) -> str:
    """Labels, each with what it alone assumes."""
    own = _listed((", ".join(p for p in _pieces(limit) if p not in common), limit.curve.label) for limit in members)
    return "; ".join("; ".join(labels) + (f" [{words}]" if words else "") for words, labels in own.items())


def sources(found: list[Limit]) -> list[str]:
    """One paragraph for each source: what all its limits assume (bare lines aside), then its curves by their levels."""
    paragraphs = []
    for reference in dict.fromkeys(limit.reference for limit in found):
        members = [limit for limit in found if limit.reference == reference]
        assumed = [_pieces(limit) for limit in members if _pieces(limit) or limit.curve.side is not Side.LINE] or [[]]
        common = [piece for piece in assumed[0] if all(piece in pieces for pieces in assumed)]
        kinds = dict.fromkeys(limits.kind(limit.curve) for limit in members)
        parts = [
            f"{kind}: {_members([limit for limit in members if limits.kind(limit.curve) == kind], common)}"
            for kind in kinds
        ]
        paragraphs.append(f"{reference}{' (' + ', '.join(common) + ')' if common else ''} - {'. '.join(parts)}.")
    return paragraphs


def differences(limit: Limit, found: list[Limit]) -> list[str]:
    """What a variant says otherwise than the limit that it is a variant of.

    Parameters
    ----------
    limit : the variant
    found : all limits of the plane

    Returns
    -------
    The pieces of its description that the usual limit does not share.
    """
    if limit.other_preset:
        return [INPUTS_OF[limit.curve.preset]]
    usual = next(other for other in found if other.family == limit.family and not other.variant)
    return [piece for piece in _pieces(limit) if piece not in _pieces(usual)]


def variants(found: list[Limit]) -> str:
    """What the thinnest curves and the pale ones, which have no label, are."""
    differ = [piece for limit in found if limit.variant for piece in differences(limit, found)]
    pale = any(limit.other_preset and limit.curve.preset == "best" for limit in found)
    how = " (thick and pale; their limit files name those inputs)" if pale else ""
    return f"the same limits with {', '.join(dict.fromkeys(differ))}{how}." if differ else ""


def shading(found: list[Limit]) -> str:
    """What strokes, tints and dots mean, as far as they are there."""
    curves = [limit.curve for limit in found]
    excluding = [curve for curve in curves if curve.side != "line" and not curve.allowed and not curve.sketch]
    said = []
    if excluding:
        said.append("strokes point to the excluded side of a limit")
    if not all(curve.observed for curve in excluding):
        said.append("thin curves are projections")
    if any(curve.side is Side.BOTTOM and curve.observed for curve in excluding):
        said.append("a tint fills closed regions that are excluded")
    members = sorted({limit.band.members for limit in found if limit.band})
    if members:
        count = " or ".join(map(str, members))
        said.append(f"bands hold the limits of 68 and 95 % of {count} members with inputs drawn from their priors")
        said.append("a band ends where one of its edges has no limit")
    if any(curve.allowed for curve in curves):
        said.append("dots fill allowed regions")
    return "; ".join(said) + "." if said else ""


def missing(found: list[Limit]) -> str:
    """What could be on the plane and is not."""
    kinds = {limit.kind for limit in found}
    lines = []
    if COMPUTED not in kinds:
        lines.append("No computed limit belongs to this plane in this run.")
    if PUBLISHED not in kinds:
        lines.append("Limits of other experiments are not drawn: none are there for this plane.")
    if YOURS in kinds:
        lines.append("Yours: " + ", ".join(limit.curve.label for limit in found if limit.kind == YOURS) + ".")
    return " ".join(lines)


def caption(plane: Plane, found: list[Limit], numbered: dict[str, str]) -> str:
    """The caption, a paragraph a line; `numbered` holds labels that found no room.

    Parameters
    ----------
    plane : the plane
    found : its limits, as drawn
    numbered : label -> the number in its place

    Returns
    -------
    The caption.
    """
    main = [limit for limit in found if not limit.variant]
    paragraphs = [
        ("Numbered curves", "; ".join(f"{number} {label}" for label, number in numbered.items())),
        ("Curves without a label", variants(found)),
        ("Marks", shading(main)),
        ("Convention", plane.convention),
        *(("", paragraph) for paragraph in sources(main)),
        ("Missing", missing(found)),
    ]
    lines = [f"{heading}: {text}" if heading else text for heading, text in paragraphs if text]
    return "".join(f"{to_text(line)}\n" for line in lines)
