"""The AppSpec file of a Lambda deployment.

https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html and
https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import yaml

HOOKS = ("BeforeAllowTraffic", "AfterAllowTraffic")


class AppSpecError(Exception):
    """The AppSpec file is not valid; the message says why."""


@dataclass(frozen=True, slots=True)
class AppSpec:
    """A function's alias, the versions between which its traffic shifts, and the hook functions by lifecycle event."""

    function: str
    alias: str
    current: str
    target: str
    hooks: Mapping[str, str]
    sha256: str

    @classmethod
    def read(cls, revision: Mapping[str, Any]) -> Self:
        """Return the AppSpec file of a CreateDeployment's revision.

        Raises:
            AppSpecError: It is not valid.
        """
        kind = revision.get("revisionType")
        if kind != "AppSpecContent":
            raise AppSpecError(f"only the revision type AppSpecContent is supported here, found {kind}")
        content = str(revision.get("appSpecContent", {}).get("content", ""))
        try:
            document = yaml.safe_load(content)
            [resource] = [resource for named in document["Resources"] for resource in named.values()]
            properties = resource["Properties"]
            hooks = {event: function for named in document.get("Hooks", ()) for event, function in named.items()}
            names = [str(properties[name]) for name in ("Name", "Alias", "CurrentVersion", "TargetVersion")]
        except (AttributeError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
            raise AppSpecError(f"the AppSpec file cannot be read: {type(error).__name__}: {error}") from error
        if resource.get("Type") != "AWS::Lambda::Function":
            raise AppSpecError(f"only AWS::Lambda::Function is supported here, found {resource.get('Type')}")
        if unknown := sorted(hooks.keys() - set(HOOKS)):
            raise AppSpecError(f"a Lambda deployment has the hooks {', '.join(HOOKS)}, found {', '.join(unknown)}")
        function, alias, current, target = names
        return cls(function, alias, current, target, hooks, hashlib.sha256(content.encode()).hexdigest())

    def reversed(self) -> Self:
        """Return the one that a rollback has: back to the current version, without hooks."""
        return replace(self, current=self.target, target=self.current, hooks={})
