"""Run Pants 2.18 with the rules that packaging needs and no others: it starts in 3 seconds instead of 17.

Solving the graph of its rules is what costs: once for everything that the Python backend can do, and once more to look
for plugins, of which this repository has none. build-support/pants-from-pypi runs this, with that Pants' own Python.
"""

import sys
from typing import Any

import pkg_resources  # pants: no-infer-dep
from pants.backend.python import register, target_types_rules  # pants: no-infer-dep
from pants.backend.python.dependency_inference import rules as dependency_inference  # pants: no-infer-dep
from pants.backend.python.macros import python_requirements  # pants: no-infer-dep
from pants.backend.python.util_rules import ancestor_files, pex, pex_from_targets, python_sources  # pants: no-infer-dep
from pants.bin import pants_loader  # pants: no-infer-dep
from pants.init import options_initializer  # pants: no-infer-dep

_BACKENDS = ["pants.backend.awslambda.python", "pants.backend.experimental.visibility", "pants.backend.python"]
_RULES = (
    target_types_rules,
    ancestor_files,
    dependency_inference,
    pex,
    pex_from_targets,
    python_requirements,
    python_sources,
)


class _NoPlugins:
    """Stands for the resolver of plugins; one that the configuration names is not found, which Pants says."""

    def __init__(self, _scheduler: None) -> None:
        pass

    def resolve(self, *_: object) -> Any:
        return pkg_resources.WorkingSet(entries=[])


def main() -> None:
    """Run Pants with the arguments of this process."""
    options_initializer.create_bootstrap_scheduler = lambda *_: None
    options_initializer.PluginResolver = _NoPlugins
    register.rules = lambda: tuple(rule for module in _RULES for rule in module.rules())
    # The configuration also speaks of backends that are left out here.
    sys.argv[1:1] = [f"--backend-packages={_BACKENDS}", "--no-verify-config"]
    pants_loader.main()


if __name__ == "__main__":
    main()
