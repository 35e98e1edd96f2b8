"""What is kept has an end: a sampler asks for numbers and inputs without one."""

import ast
from pathlib import Path

import pytest

SOURCES = sorted((Path(__file__).parents[2] / "src" / "nubounds").rglob("*.py"))
FEW = {"str", "int", "bool", "Path", "tuple", "tuple[int, ...]", "frozenset[str] | None"}  # names, orders, our files


def unbounded(source: str) -> list[str]:
    """Functions with a cache without an end, of arguments that a user may give any number of."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        endless = any(
            (isinstance(one, ast.Name) and one.id == "cache")
            or (isinstance(one, ast.Attribute) and one.attr == "cache")
            or (
                isinstance(one, ast.Call)
                and getattr(one.func, "id", getattr(one.func, "attr", "")) == "lru_cache"
                and any(word.arg == "maxsize" and getattr(word.value, "value", 0) is None for word in one.keywords)
            )
            for one in node.decorator_list
        )
        kinds = [ast.unparse(one.annotation) if one.annotation else "" for one in node.args.args if one.arg != "self"]
        if endless and not FEW.issuperset(kinds):
            found.append(node.name)
    return found


def test_endless_caches_are_found():
    endless = "@cache\ndef f(x: float): ...\n@functools.lru_cache(maxsize=None)\ndef g(x): ...\n"
    assert unbounded(endless) == ["f", "g"]
    assert unbounded("@cache\ndef f(order: int): ...\n@lru_cache(maxsize=8)\ndef g(x: float): ...\n") == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(SOURCES[0].parents[0])))
def test_caches_have_an_end(path):
    assert unbounded(path.read_text(encoding="utf-8")) == []
