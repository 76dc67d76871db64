"""A small repository for packaging: two services, and a layer of `common` and three distributions."""

import gzip
import hashlib
import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tests.build_support.scripts import ROOT

MODEL = {
    "metadata": {"endpointPrefix": "letters"},
    "documentation": "<p>Long.</p>",
    "shapes": {"Letter": {"members": {"documentation": {"shape": "Text", "documentation": "<p>Long.</p>"}}}},
}
ENDPOINTS = {
    "partitions": [
        {
            "partition": name,
            "regions": {region: {}},
            "services": {"letters": {"endpoints": {region: {}}}, "parcels": {}},
        }
        for name, region in (("aws", "us-east-1"), ("aws-cn", "cn-north-1"))
    ]
}
DISTRIBUTIONS: dict[str, dict[str, str | bytes]] = {
    "botocore-1.0.whl": {
        "botocore/__init__.py": "",
        "botocore/data/endpoints.json": json.dumps(ENDPOINTS, indent=2),
        "botocore/data/post/2011-01-01/service-2.json.gz": gzip.compress(b"{}", mtime=0),
        "botocore/data/post/2012-01-01/examples-1.json": "{}",
        "botocore/data/post/2012-01-01/paginators-1.json": '{"pagination": {}}',
        "botocore/data/post/2012-01-01/service-2.json.gz": gzip.compress(json.dumps(MODEL).encode(), mtime=0),
        "botocore/data/railway/2020-01-01/service-2.json.gz": gzip.compress(
            json.dumps(MODEL | {"metadata": {"endpointPrefix": "parcels"}}).encode(), mtime=0
        ),
        "botocore-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: botocore\nVersion: 1.0\n",
    },
    "brown_fox-1.2.whl": {
        "brown_fox/__init__.py": "COLOUR = 'brown'\n",
        "brown_fox/hunting.py": "import hounds\n",
        "brown_fox/pack.py": "from . import tails\nfrom .hunting import hounds\n",
        "brown_fox/tails/__init__.py": "",
        "brown_fox/__init__.pyi": "COLOUR: str\n",
        "brown_fox-1.2.dist-info/METADATA": "Metadata-Version: 2.1\nName: brown-fox\nVersion: 1.2\n",
        "brown_fox-1.2.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "brown_fox-1.2.dist-info/RECORD": "",
    },
    "dog-3.whl": {
        "dog.py": "LAZY = True\n",
        "dog-3.dist-info/METADATA": "Metadata-Version: 2.1\nName: dog\nVersion: 3\n",
        "dog-3.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "dog-3.dist-info/RECORD": "",
    },
}
LAYER = """
aws_services = ["post"]
without_bytecode = ["dog.py"]

[[left_out]]
files = ["brown_fox/hunting.py", "brown_fox/tails/*"]
why = "It may not hunt."

[[left_out]]
files = ["botocore/data/*/examples-1.json"]
why = "For readers."
"""
SERVICE = {"__init__.py": "", "handler.py": "def handler(event, context):\n    return 'packaged'\n"}


class Repository:
    """A repository in `root` with zips as Pants packages them, and with its wheels; or a copy of `origin`."""

    def __init__(self, root: Path, origin: Path | None = None) -> None:
        self.root = root
        self.dist = root / "dist"
        self.wheels = root / ".wheels/arm64"
        self.lock = root / "3rdparty/python/runtime.lock"
        self.rules = root / "build-support/layer.toml"
        if origin:
            shutil.copytree(origin, root)
        else:
            self._make()

    def _make(self) -> None:
        root = self.root
        for folder in (self.dist, self.wheels, self.lock.parent):
            folder.mkdir(parents=True)
        shutil.copytree(ROOT / "build-support", root / "build-support")
        self.rules.write_text(LAYER)
        (root / "pyproject.toml").write_text('[project]\nname = "shop"\nversion = "7.8.9"\n')
        for service in ("accounts", "orders"):
            (root / "services" / service).mkdir(parents=True)
            (root / "services" / service / "handler.py").touch()
            self.zip(f"{service}.zip", self.function(service))
        lines = []
        for name, files in DISTRIBUTIONS.items():
            wheel = self.wheels / name.replace(".whl", "-py3-none-any.whl")
            make_zip(wheel, files)
            distribution, version = name.removesuffix(".whl").replace("_", "-").rsplit("-", 1)
            lines += [f"{distribution}=={version} \\", f"    --hash=sha256:{sha256(wheel)}"]
        self.lock.write_text("\n".join(["# Written by hand.", *lines, ""]))
        self.zip("common-layer.zip", self.layer())

    def function(self, service: str) -> dict[str, str | bytes]:
        """Return the files that Pants packages for a function."""
        files: dict[str, str | bytes] = {f"{service}/{name}": text for name, text in SERVICE.items()}
        return files | {"lambda_function.py": f"from {service}.handler import handler as handler"}

    def layer(self) -> dict[str, str | bytes]:
        """Return the files that Pants packages for the layer."""
        files: dict[str, str | bytes] = {
            "common/__init__.py": "",
            "common/failures.py": "class Failure(Exception): ...\n",
            "bin/fox": "#!python",
            "product.json": "{}\n",
        }
        for distribution in DISTRIBUTIONS.values():
            files |= distribution
        return {f"python/{name}": text for name, text in files.items()}

    def zip(self, name: str, files: Mapping[str, str | bytes]) -> None:
        """Write a zip into `dist` as Pants would."""
        make_zip(self.dist / name, files)

    def contents(self) -> dict[str, bytes]:
        """Return everything in `dist`."""
        return {path.name: path.read_bytes() for path in self.dist.iterdir()}


def make_zip(path: Path, files: Mapping[str, str | bytes]) -> None:
    """Write a zip of `files` in their order."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)


def sha256(path: Path) -> str:
    """Return a file's SHA-256 in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
