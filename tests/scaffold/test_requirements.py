"""Requirements that only a removed service needs are named, so that they do not stay in the layer."""

from pathlib import Path

import pytest

from scaffold.requirements import BUILD, REQUIREMENTS, no_longer_used

FILES = {
    BUILD: 'python_requirements(module_mapping={"argon2-cffi": ["argon2"], "boto3": ["boto3", "botocore"]})',
    REQUIREMENTS: "# Pins.\nargon2-cffi>=25.1\nboto3>=1.44\nfast-json\nmangum>=0.22\nPillow[extra]>=1\nunimported\n",
    "libs/common/client.py": "import botocore.config\n",
    "services/halls/app.py": "import fast_json\n",
    "services/halls/domain.py": "from . import fast\nfrom halls.app import pillow\n",
    "services/rooms/handler.py": "from mangum import Mangum\n",
    "services/rooms/hasher.py": "import boto3\nimport fast_json\ndef later():\n    from argon2.low_level import Type\n",
    "services/rooms/picture.py": "import pillow.image as image\n",
    "tests/halls/test_app.py": "import argon2\n",
}


@pytest.mark.parametrize(
    ("service", "unused"), [("rooms", ["argon2-cffi", "mangum", "Pillow"]), ("halls", [])], ids=["rooms", "halls"]
)
def test_distributions_that_only_removed_files_import(tmp_path: Path, service: str, unused: list[str]) -> None:
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    removed = [path for path in FILES if path.startswith(f"services/{service}/")]
    assert no_longer_used(tmp_path, FILES, removed) == unused
