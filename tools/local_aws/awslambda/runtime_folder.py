"""The runtime of every environment: AWS's runtime client and its requirements.

Lambda's own /var/runtime also contains boto3. Ours does for a function without layers. One with layers has its packages
there, so that it fails here if it does not package boto3, instead of running with an untested version.
"""

import compileall
import importlib.util
import os
import py_compile
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

# The runtime client, its extension, and its two requirements (the `Requires-Dist` of its metadata).
_MODULES = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")
# boto3 and what it requires.
_SDK = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")


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


def with_sdk(runtime: Path) -> Path:
    """Return a folder beside `runtime` that also has the installed boto3; it is made once per version."""
    target = runtime.with_name(f"{runtime.name}-boto3-{version('boto3')}")
    if target.exists():
        return target
    half_done = Path(tempfile.mkdtemp(prefix=".half-done-", dir=runtime.parent))
    shutil.copytree(runtime, half_done, copy_function=_link, dirs_exist_ok=True)
    for origin in map(_origin, _SDK):
        if origin.name == "__init__.py":
            shutil.copytree(origin.parent, half_done / origin.parent.name, copy_function=_link)
        else:
            _link(origin, half_done / origin.name)
    half_done.chmod(0o755)
    half_done.rename(target)
    return target


def _link(source: str | Path, target: str | Path) -> None:
    """Link the file, because there are thousands; copy it if it is on another device."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy(source, target)


def _origin(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{module} is not installed: run `make setup`")
    return Path(spec.origin)
