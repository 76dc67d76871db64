"""Records for which configuration `terraform init` succeeded, to skip it the next time.

What init reads: https://developer.hashicorp.com/terraform/cli/commands/init.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local_aws.terraform.provider import ADDRESS


@dataclass(frozen=True)
class Installation:
    """The provider and modules of the configuration in `root`, and its `backend`'s settings, in the folder `data`."""

    root: Path
    data: Path
    backend: tuple[str, ...] = ()

    def is_current(self) -> bool:
        """Return whether init succeeded for this configuration and the provider still exists."""
        try:
            recorded = self._record.read_text(encoding="utf-8")
        except OSError:
            return False
        return recorded == self._fingerprint() and self._provider() is not None

    def forget(self) -> None:
        """Record that init starts, so that the result of a killed init is not trusted."""
        self._record.unlink(missing_ok=True)

    def record(self) -> None:
        """Record that init succeeded."""
        self.data.mkdir(parents=True, exist_ok=True)
        self._record.write_text(self._fingerprint(), encoding="utf-8")

    def settings(self) -> dict[str, str]:
        """Return the variables that make Terraform use the installed provider without hashing it again.

        The provider has 700 MB, and hashing it takes seconds at the start of every command. Init has compared it with
        the lock file. https://developer.hashicorp.com/terraform/cli/config/config-file#development-overrides-for-provider-developers
        """
        provider = self._provider()
        if provider is None:
            return {}
        configuration = self.data / "installed.tfrc"
        overrides = f"dev_overrides {{\n    {json.dumps(ADDRESS)} = {json.dumps(str(provider))}\n  }}"
        configuration.write_text(f"provider_installation {{\n  {overrides}\n  direct {{}}\n}}\n", encoding="utf-8")
        return {"TF_CLI_CONFIG_FILE": str(configuration)}

    @property
    def _record(self) -> Path:
        return self.data / "installed-for"

    def _provider(self) -> Path | None:
        found = list((self.data / "providers" / ADDRESS).glob("*/*/terraform-provider-aws*"))
        # This is a link into the plugin cache or a mirror, which may have been emptied.
        return found[0].parent.resolve() if len(found) == 1 and found[0].is_file() else None

    def _fingerprint(self) -> str:
        """Return a digest of everything that init depends on: the configuration, Terraform and its settings."""
        terraform = Path(shutil.which("terraform") or os.devnull)
        facts = {
            "backend": self.backend,
            "files": [(name, hashlib.sha256(path.read_bytes()).hexdigest()) for name, path in self._files()],
            "settings": {name: value for name, value in os.environ.items() if name.startswith("TF_")},
            "terraform": [str(terraform.resolve()), terraform.stat().st_size, terraform.stat().st_mtime_ns],
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    def _files(self) -> Iterator[tuple[str, Path]]:
        for pattern in ("*.tf", "*.tf.json", "*.hcl", "*.tftest.json"):
            for path in sorted(self.root.rglob(pattern)):
                yield str(path.relative_to(self.root)), path
        settings = Path(os.environ.get("TF_CLI_CONFIG_FILE", "~/.terraformrc")).expanduser()
        if settings.is_file():
            yield "settings", settings
