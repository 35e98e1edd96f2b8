"""The program ``nubounds``: one command per step, each of them what a rule of the workflow calls."""

from __future__ import annotations

import argparse
import json
import sys

from nubounds import __version__
from nubounds.contract import InputError


def _list(options) -> int:
    from nubounds import registry
    from nubounds.contract import REQUIRED

    for constraint in registry.all_constraints():
        for quantity in constraint.quantities.values():
            print(f"{quantity.name}  [{quantity.unit}]  {quantity.source}\n    {quantity.summary}")
            for parameter in quantity.parameters:
                unit = "" if parameter.kind in ("choice", "flag") else f" [{parameter.unit}]"
                default = "" if parameter.default is REQUIRED else f" = {parameter.default}"
                choices = f" ({'/'.join(map(str, parameter.choices))})" if parameter.choices else ""
                meaning = f"  {parameter.meaning}" if parameter.meaning else ""
                print(f"      {parameter.name}{unit}{default}{choices}{meaning}")
    return 0


def _evaluate(options) -> int:
    from nubounds import evaluation

    if options.batch:
        lines = sys.stdin if options.batch == "-" else open(options.batch, encoding="utf-8")
        failed = False
        with lines:
            for response in evaluation.respond_batch(lines):
                failed |= "message" in response
                print(json.dumps(response), flush=True)
        return 2 if failed else 0
    if not options.name:
        raise InputError("evaluate needs a quantity (see `nubounds list`) or --batch FILE")
    args = {}
    for word in options.args:
        key, equals, value = word.partition("=")
        if not equals:
            raise InputError(f"{word}: arguments are given as key=value")
        args[key] = value
    response = evaluation.respond(options.name, args)
    if options.json:
        print(json.dumps(response))
        return 0
    print(f"{response['name']} = {response['value']} [{response['unit']}]")
    if response["error"] is not None:
        print(f"  numerical error {response['error']}")
    if "note" in response:
        print(f"  {response['note']}")
    for key, value in response["args"].items():
        print(f"  {key} = {value}")
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="nubounds", description=__doc__)
    top.add_argument("--version", action="version", version=f"nubounds {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    command = commands.add_parser("list", help="every quantity: parameters, units, defaults, source equation")
    command.set_defaults(run=_list)

    command = commands.add_parser("evaluate", help="a quantity at one point")
    command.add_argument("name", nargs="?", metavar="NAME")
    command.add_argument("args", nargs="*", metavar="key=value")
    command.add_argument("--json", action="store_true", help="one JSON object")
    command.add_argument("--batch", metavar="FILE", help='one {"name": NAME, "args": {...}} a line; - for standard input')
    command.set_defaults(run=_evaluate)
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run the program; returns the exit status (2 for something the user gave that cannot be used)."""
    options = parser().parse_args(arguments)
    try:
        return options.run(options)
    except InputError as problem:
        print(f"nubounds: {problem}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
