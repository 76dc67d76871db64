"""Run Pants 2.18 with only the rules that packaging needs: it starts in 3 seconds instead of 17.

The time goes into solving its rule graph: once for the whole Python backend, and once to look for plugins, of which
this repository has none. build-support/pants-from-pypi runs this module with the Python of that Pants.
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
    """Replaces the plugin resolver; if the configuration names a plugin, Pants reports that it is missing."""

    def __init__(self, _scheduler: None) -> None:
        pass

    def resolve(self, *_: object) -> Any:
        return pkg_resources.WorkingSet(entries=[])


def main() -> None:
    """Run Pants with the arguments of this process."""
    options_initializer.create_bootstrap_scheduler = lambda *_: None
    options_initializer.PluginResolver = _NoPlugins
    register.rules = lambda: tuple(rule for module in _RULES for rule in module.rules())
    # The configuration also has settings of backends that are left out here.
    sys.argv[1:1] = [f"--backend-packages={_BACKENDS}", "--no-verify-config"]
    pants_loader.main()


if __name__ == "__main__":
    main()
