"""Folders for files that contain keys, tokens, requests or Terraform's state."""

from pathlib import Path


def private_folder(path: Path) -> Path:
    """Create the folder unless it exists, let its owner alone read it, and return it."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path
