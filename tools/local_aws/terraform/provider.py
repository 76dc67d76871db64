"""Finds Terraform's AWS provider: TF_PLUGIN_DIR, else the registry, else an unpacked mirror on this machine.

`python -m local_aws.terraform.provider` prints which of them is used.
"""

import os
import sys
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

ADDRESS = "registry.terraform.io/hashicorp/aws"
REGISTRY = "https://registry.terraform.io/.well-known/terraform.json"
REGISTRY_SECONDS = 5.0

# Terraform's own mirror folders, and folders below /opt, as in images for closed networks:
# https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
MIRRORS = (
    "~/.terraform.d/plugins",
    "~/.local/share/terraform/plugins",
    "~/Library/Application Support/io.terraform/plugins",
    "/Library/Application Support/io.terraform/plugins",
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
    "/opt/*",
)


class ProviderNotFoundError(Exception):
    """The registry cannot be reached, and no mirror on this machine contains the provider."""


def registry_answers() -> bool:
    """Return whether the Terraform registry responds within five seconds."""
    try:
        with urllib.request.urlopen(REGISTRY, timeout=REGISTRY_SECONDS):
            return True
    except OSError:  # HTTP errors among them.
        return False


def init_arguments(
    host: Mapping[str, str], places: Iterable[str] = MIRRORS, reachable: Callable[[], bool] = registry_answers
) -> list[str]:
    """Return the arguments by which `terraform init` finds the provider; an empty list if the registry serves it.

    Args:
        host: The host's environment, for TF_PLUGIN_DIR.
        places: Folders of mirrors, the first one with the provider wins; `~` and a final `*` are expanded.
        reachable: Returns whether the registry responds.

    Raises:
        ProviderNotFoundError: No provider was found; the message says what to do.
    """
    if named := host.get("TF_PLUGIN_DIR"):
        if not _holds_provider(Path(named)):
            raise ProviderNotFoundError(f"TF_PLUGIN_DIR is {named}, but there is no unpacked {ADDRESS} below it.")
        return [f"-plugin-dir={named}"]
    if reachable():
        return []
    mirror = next(_mirrors(places), None)
    if mirror is None:
        raise ProviderNotFoundError(
            f"The Terraform registry is out of reach, and there is no unpacked {ADDRESS} in {', '.join(places)}: "
            "set TF_PLUGIN_DIR to the folder that holds it."
        )
    return [f"-plugin-dir={mirror}"]


def _mirrors(places: Iterable[str]) -> Iterator[Path]:
    for place in places:
        path = Path(place).expanduser()
        yield from (folder for folder in sorted(path.parent.glob(path.name)) if _holds_provider(folder))


def _holds_provider(folder: Path) -> bool:
    return any((folder / ADDRESS).glob("*/*/terraform-provider-aws*"))


if __name__ == "__main__":
    try:
        print(*init_arguments(os.environ) or ["the Terraform registry"])
    except ProviderNotFoundError as error:
        sys.exit(str(error))
