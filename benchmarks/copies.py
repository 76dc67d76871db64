"""Copies of the unpacked product in which something is changed: hard links, except for the changed files."""

import fnmatch
import os
import py_compile
import shutil
import zipfile
from pathlib import Path

from benchmarks.process import ROOT, BenchmarkError
from local_aws.commands.delivery import architecture


class Copy:
    """A copy of the layer.

    Args:
        opt: The folder of the unpacked layer.
        folder: Where the copy is made.
    """

    def __init__(self, opt: Path, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(opt, folder, copy_function=os.link)
        self.folder = folder

    def edit(self, path: str, before: str, after: str) -> None:
        """Replace a text that a module of the layer has once.

        Raises:
            BenchmarkError: It does not have it once.
        """
        file = self.folder / "python" / path
        text = file.read_text() if file.exists() else ""
        if text.count(before) != 1:
            raise BenchmarkError(f"benchmarks/levers.py: {path} has this text {text.count(before)} times: {before!r}")
        self._write(path, text.replace(before, after).encode())

    def append(self, path: str, text: str) -> None:
        """Add lines at the end of a module of the layer."""
        self._write(path, (self.folder / "python" / path).read_bytes() + text.encode())

    def restore(self, package: str, pattern: str) -> None:
        """Write the files of a package's wheel that match the pattern, as they are in the wheel.

        Raises:
            BenchmarkError: There is no such wheel, or no such file.
        """
        folder = ROOT / ".wheels" / architecture()
        wheels = sorted(folder.glob(f"{package}-[0-9]*.whl"))
        if not wheels:
            raise BenchmarkError(f"benchmarks/levers.py: {folder} has no wheel of {package}")
        with zipfile.ZipFile(wheels[-1]) as wheel:
            names = [name for name in wheel.namelist() if fnmatch.fnmatch(name, pattern) and not name.endswith("/")]
            if not names:
                raise BenchmarkError(f"benchmarks/levers.py: the wheel of {package} has no file {pattern}")
            for name in names:
                self._write(name, wheel.read(name))

    def delete(self, pattern: str) -> None:
        """Delete files of the layer.

        Raises:
            BenchmarkError: There is no such file.
        """
        found = list((self.folder / "python").glob(pattern))
        if not found:
            raise BenchmarkError(f"benchmarks/levers.py: the layer has no file {pattern}")
        for path in found:
            path.unlink()

    def _write(self, path: str, content: bytes) -> None:
        file = self.folder / "python" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)  # It may be a link.
        file.write_bytes(content)
        if file.suffix == ".py":
            compiled = file.parent / "__pycache__" / f"{file.stem}.cpython-313.pyc"
            compiled.unlink(missing_ok=True)
            py_compile.compile(
                str(file),
                cfile=str(compiled),
                dfile=f"/opt/python/{path}",
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
