"""The regular expressions that a cold start compiles, by the module that compiles them.

Those of services and what they alone import are not among them, because every service has the same layer.
"""

import json
import sys
from typing import Final

from monorepo.services import ROOT
from tests.support.at_lambdas_paths import Unpacked

PAGE: Final = ROOT / "build-support" / "compiled_regexes.json"
_PROGRAM: Final = """
import json, sys
import common.compiled_regexes
import re._compiler

compile_, found = re._compiler.compile, {}

def recorded(pattern, flags=0):
    frame = sys._getframe(1)
    while frame.f_globals["__name__"].partition(".")[0] == "re":
        frame = frame.f_back
    found.setdefault(frame.f_globals["__name__"], []).append([pattern, flags])
    return compile_(pattern, flags)

re._compiler.compile = recorded
import common.lambda_handler
print()
print(json.dumps({module: [regex for regex in found[module] if type(regex[0]) is str] for module in found}))
"""

_PARSED: Final = """
import importlib, json, sys
import common.compiled_regexes
import re._parser

parse, found = re._parser.parse, []

def recorded(pattern, flags=0, state=None):
    found.append([repr(pattern), int(flags)])
    return parse(pattern, flags, state)

re._parser.parse = recorded
importlib.import_module(sys.argv[1])
print()
print(json.dumps(found))
"""

type Regexes = dict[str, list[list[str | int]]]


def cold_regexes(unpacked: Unpacked) -> Regexes:
    """Return pattern and flags of each expression that an import of the layer compiles, by module, without `bytes`."""
    found: Regexes = json.loads(unpacked.run(_PROGRAM).splitlines()[-1])
    return {module: regexes for module, regexes in sorted(found.items()) if regexes}


def parsed(unpacked: Unpacked, service: str) -> list[tuple[str, int]]:
    """Return pattern (its `repr`) and flags of each expression that INIT of the service parses itself."""
    found = json.loads(unpacked.run(_PARSED, f"{service}.handler").splitlines()[-1])
    return [(pattern, flags) for pattern, flags in found]


def of_packages(regexes: Regexes) -> Regexes:
    """Return those of other modules than the standard library's, which change with Python's patch releases."""
    return {
        module: found for module, found in regexes.items() if module.partition(".")[0] not in sys.stdlib_module_names
    }


def text_of(regexes: Regexes) -> str:
    """Return the text of the list, with one expression in a line."""
    modules = (
        f"  {json.dumps(module)}: [\n    {',\n    '.join(map(json.dumps, found))}\n  ]"
        for module, found in regexes.items()
    )
    return f"{{\n{',\n'.join(modules)}\n}}\n"
