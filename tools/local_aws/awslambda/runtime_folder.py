"""The runtime of every environment: AWS's runtime client and its requirements, nothing else.

Lambda's own /var/runtime also contains boto3. Ours does not, so that a function that does not package it fails here
instead of running with an untested version.
"""

import compileall
import importlib.util
import py_compile
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

# The runtime client, its extension, and its two requirements (the `Requires-Dist` of its metadata).
_MODULES = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")


def base_interpreter() -> Path:
    """Return the CPython that the virtual environment was made from; it has no packages of this repository."""
    return Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")


def make_runtime_folder(folder: Path) -> Path:
    """Copy the installed runtime client below `folder`, with bytecode as on Lambda; once per version."""
    target = folder / f"awslambdaric-{version('awslambdaric')}"
    if target.exists():
        return target
    origins = [(module, _origin(module)) for module in _MODULES]
    folder.mkdir(parents=True, exist_ok=True)
    half_done = Path(tempfile.mkdtemp(prefix=".half-done-", dir=folder))
    for module, origin in origins:
        if origin.name == "__init__.py":
            shutil.copytree(origin.parent, half_done / module, ignore=shutil.ignore_patterns("__pycache__", "tests"))
        else:
            shutil.copy(origin, half_done)
    compileall.compile_dir(half_done, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    half_done.chmod(0o755)
    half_done.rename(target)
    return target


def _origin(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{module} is not installed: run `make setup`")
    return Path(spec.origin)
