"""Convert the simple LaTeX of captions and remarks to HTML, so that the browser needs no library."""

from __future__ import annotations

import re
from html import escape

SYMBOLS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "Gamma": "Γ", "delta": "δ", "Delta": "Δ", "epsilon": "ε", "eta": "η",
    "theta": "θ", "lambda": "λ", "Lambda": "Λ", "mu": "μ", "nu": "ν", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "phi": "φ", "chi": "χ", "omega": "ω", "Omega": "Ω", "odot": "⊙", "oplus": "⊕", "infty": "∞", "sim": "~",
    "simeq": "≃", "approx": "≈", "propto": "∝", "times": "×", "cdot": "·", "le": "≤", "leq": "≤", "ge": "≥",
    "geq": "≥", "ll": "≪", "gg": "≫", "pm": "±", "to": "→", "rightarrow": "→", "langle": "⟨", "rangle": "⟩",
    "sin": "sin", "cos": "cos", "ln": "ln", "log": "log", "sqrt": "√", "int": "∫", "sum": "Σ", "ast": "*",
    "hbar": "ħ", "quad": " ", "ell": "ℓ", "prime": "′", "circ": "°", "partial": "∂", "max": "max", "min": "min",
    "exp": "exp",
}  # fmt: skip


def _barred(text: str) -> str:
    """Letters with a bar: antineutrinos are not neutrinos."""
    return re.sub(r"\\bar ?\{?\\?([A-Za-z]+)\}?", lambda m: SYMBOLS.get(m.group(1), m.group(1)) + "\u0304", text)


def _formula(match: re.Match) -> str:
    text = _barred(match.group(1))
    text = re.sub(r"\\(?:mathrm|rm|text|mathcal|mathbf|left|right|,|;|!)\b ?", "", text)
    text = re.sub(r"\\([A-Za-z]+)(?: (?=\w))?", lambda m: SYMBOLS.get(m.group(1), m.group(1)), text)
    text = text.replace("\\", "")
    for mark, tag in (("^", "sup"), ("_", "sub")):
        text = re.sub(rf"\{mark}\{{([^{{}}]*)\}}", rf"<{tag}>\1</{tag}>", text)
        text = re.sub(rf"\{mark}(\S)", rf"<{tag}>\1</{tag}>", text)
    return f"<i>{text.replace('{', '').replace('}', '')}</i>"


def to_html(text: str) -> str:
    """Return text with formulae between dollar signs as HTML."""
    return re.sub(r"\$([^$]*)\$", _formula, escape(text, quote=False))


def _plain(match: re.Match) -> str:
    text = re.sub(r"\\(?:mathrm|rm|text|mathcal|mathbf|left|right|,|;|!)(?![A-Za-z]) ?", "", _barred(match.group(1)))
    text = re.sub(r"\\([A-Za-z]+)(?: (?=\w))?", lambda m: SYMBOLS.get(m.group(1), m.group(1)), text)
    return text.replace("\\", "").replace("{", "").replace("}", "")


def to_text(text: str) -> str:
    """Return text with formulae between dollar signs as plain text, where nothing can be typeset."""
    return re.sub(r"\$([^$]*)\$", _plain, text)
