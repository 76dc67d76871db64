"""What the layer holds of the locked packages: layer.toml leaves files out, and botocore's data is reduced to its use.

Each gain is in docs/decisions/0042.
"""

import gzip
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

LIST = "build-support/layer.toml"
_PACKAGES = "python/"
_DATA = "python/botocore/data/"
# boto3's resources are models of the same services.
_SERVICE_DATA = re.compile(r"python/(?:botocore|boto3)/data/(?P<service>[^/]+)/(?P<version>[^/]+)/.+")
_MODEL = "service-2.json.gz"


class PackagingError(Exception):
    """The zips must not be deployed; the message says why in one line."""


@dataclass(frozen=True)
class Rules:
    """What layer.toml says.

    Attributes:
        aws_services: The AWS services whose data stays, as boto3 names them.
        left_out: Pattern of paths below python/, and why nothing needs them.
        without_bytecode: The names of modules in the layer that get no bytecode.
    """

    aws_services: frozenset[str]
    left_out: Mapping[str, str]
    without_bytecode: frozenset[str] = frozenset()

    @classmethod
    def read(cls, path: Path) -> "Rules":
        """Read a file of the form of layer.toml.

        Raises:
            PackagingError: It cannot be read, or lacks a part.
        """
        import tomllib  # noqa: PLC0415 - an older Python must get as far as the check of its version

        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
            left_out = {pattern: entry["why"] for entry in document["left_out"] for pattern in entry["files"]}
            sources = frozenset(f"{_PACKAGES}{path}" for path in document["without_bytecode"])
            return cls(frozenset(document["aws_services"]), left_out, sources)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise PackagingError(f"{LIST} cannot be read: {error!r}") from error

    @cached_property
    def _expressions(self) -> dict[str, re.Pattern[str]]:
        return {pattern: re.compile(translate(_PACKAGES + pattern)) for pattern in self.left_out}

    def pattern_of(self, name: str) -> str | None:
        """Return the pattern that leaves out the file `name` of the layer, or None: it stays."""
        return next((pattern for pattern, found in self._expressions.items() if found.match(name)), None)

    def unused(self, names: Iterable[str]) -> list[str]:
        """Return the patterns that match none of these files."""
        names = list(names)
        return [pattern for pattern, found in self._expressions.items() if not any(map(found.match, names))]


def reduced(files: Mapping[str, bytes], rules: Rules) -> dict[str, bytes]:
    """Return what the layer holds of the `files` of the locked packages, by name in the layer.

    Raises:
        PackagingError: A pattern matches no file, or botocore does not know a service.
    """
    if unused := rules.unused(files):
        raise PackagingError(f"{LIST} leaves out {unused[0]}, which no locked package holds: delete the pattern")
    if lost := sorted(rules.without_bytecode - files.keys()):
        raise PackagingError(f"{LIST} has {lost[0]} without bytecode, which no locked package holds")
    versions = _newest_versions(files)
    if unknown := sorted(rules.aws_services - versions.keys()) if versions else []:
        raise PackagingError(f"{LIST} lists the AWS service {unknown[0]}, which botocore does not know")
    kept = {}
    for name, content in files.items():
        if rules.pattern_of(name) is not None:
            continue
        data = _SERVICE_DATA.fullmatch(name)
        if data is None:
            kept[name] = content
        elif data["service"] in rules.aws_services and data["version"] == versions[data["service"]]:
            # Data is read once in a process, and a zip compresses it anyway.
            unpacked = gzip.decompress(content) if name.endswith(".gz") else content
            kept[name.removesuffix(".gz")] = _without_documentation(unpacked) if name.endswith(_MODEL) else unpacked
    if f"{_DATA}endpoints.json" in kept:
        kept[f"{_DATA}endpoints.json"] = _endpoints(kept)
    return kept


def aws_services(names: Iterable[str]) -> set[str]:
    """Return the AWS services that botocore knows, from the names of the files in its wheel."""
    return set(_newest_versions(f"{_PACKAGES}{name}" for name in names))


def _newest_versions(files: Iterable[str]) -> dict[str, str]:
    """Return the newest version of each service's API, which a client has if it names no other."""
    found = (_SERVICE_DATA.fullmatch(name) for name in files if name.startswith(_DATA))
    return {data["service"]: data["version"] for data in sorted(filter(None, found), key=lambda data: data["version"])}


def _without_documentation(model: bytes) -> bytes:
    def stripped(value: Any) -> Any:
        if isinstance(value, dict):
            # A member that is called `documentation` is a dictionary.
            return {
                key: stripped(held)
                for key, held in value.items()
                if not (key == "documentation" and isinstance(held, str))
            }
        if isinstance(value, list):
            return [stripped(held) for held in value]
        return value

    return _compact(stripped(json.loads(model)))


def _endpoints(files: Mapping[str, bytes]) -> bytes:
    """Return endpoints.json with all partitions and regions, and with the endpoints of the kept services only."""
    prefixes = {
        json.loads(content)["metadata"]["endpointPrefix"]
        for name, content in files.items()
        if name.startswith(_DATA) and PurePosixPath(name).name == "service-2.json"
    }
    document = json.loads(files[f"{_DATA}endpoints.json"])
    for partition in document["partitions"]:
        partition["services"] = {name: held for name, held in partition["services"].items() if name in prefixes}
    return _compact(document)


def _compact(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
