"""An editable copy of the checkout, with its caches."""

import shutil
import subprocess
import uuid
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPIED = (".wheels", ".local/dist")
UNFINISHED = shutil.ignore_patterns(".packaging-*", ".finishing-*")
LINKED = (".venv", ".pants.pypi", ".local/plugins")


class Clone:
    """The files that git tracks or would add, edits included, in the folder `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
        for name in (*filter(None, names), *COPIED):
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, root / name, ignore=UNFINISHED)
            elif (ROOT / name).exists():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, root / name)
        for name in LINKED:
            if (ROOT / name).exists():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).symlink_to(ROOT / name)

    def edit(self, path: str, text: str = "") -> None:
        """Append to a file, so that it differs from every packaged version."""
        with (self.root / path).open("a", encoding="utf-8") as file:
            file.write(f"{text}\n# {uuid.uuid4()}\n")
