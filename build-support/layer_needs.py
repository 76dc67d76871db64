"""What code needs of the layer and layer.toml leaves out: modules that it imports, and AWS services that it calls.

Only imports and names that stand in the code are found. The bootstrap layer reports another AWS service at runtime.
"""

import ast
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from lean_layer import LIST, Rules  # pants: no-infer-dep

# Modules that import one of these may make clients of AWS; elsewhere, methods of these names are something else.
_AWS = frozenset({"aws_clients", "boto3", "botocore", "session"})
# Of boto3, its sessions, botocore's sessions and the bootstrap layer: the first argument is the service.
_MAKERS = frozenset({"client", "create_client", "make_client", "resource"})


def missing(
    held: Mapping[str, bytes], rules: Rules, aws_services: Collection[str], packages: "Packages"
) -> Iterator[str]:
    """Yield a sentence for each need of the modules in `held` that the layer does not have.

    Args:
        held: The files of a zip, by name.
        rules: What the layer holds.
        aws_services: All AWS services that botocore knows.
        packages: The locked packages.
    """
    for name, content in held.items():
        if not name.endswith(".py"):
            continue
        nodes = list(_run(ast.parse(content)))
        aws = any(module.rpartition(".")[2] in _AWS for node in nodes for module in _modules(node))
        for node in nodes:
            place = f"{name}:{getattr(node, 'lineno', 1)}"
            for module in _modules(node):
                if patterns := packages.patterns_of(module, rules):
                    yield f"{place} imports {module}: delete {', '.join(patterns)} from left_out in {LIST}"
            service = _aws_service(node) if aws else None
            if service in aws_services and service not in rules.aws_services:
                yield f"{place} calls the AWS service {service}: add it to aws_services in {LIST}"


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """Walk the code that runs, without what only a type checker reads."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).rpartition(".")[2] == "TYPE_CHECKING":
            for other in child.orelse:
                yield from _run(other)
        else:
            yield from _run(child)


def _modules(node: ast.AST, package: Sequence[str] = ()) -> list[str]:
    """Return the modules that a statement imports, or may import: a name of `from` can be one.

    Relative imports count only in a package that is given.
    """
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom) or (node.level and not package):
        return []
    above = package[: len(package) - node.level + 1] if node.level else ()
    module = ".".join([*above, *filter(None, [node.module])])
    return [module, *(f"{module}.{alias.name}" for alias in node.names)]


class Packages:
    """The modules in wheels, and what their imports import in turn."""

    def __init__(self, wheels: Iterable[Path]) -> None:
        """Read the names in the wheels; modules are read when they are needed."""
        self._wheels: dict[str, Path] = {}
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as archive:
                self._wheels |= dict.fromkeys((name for name in archive.namelist() if name.endswith(".py")), wheel)
        self._known: dict[str, list[str]] = {}
        self._needs: dict[str, list[str]] = {}

    def patterns_of(self, module: str, rules: Rules) -> list[str]:
        """Return the patterns that leave out the module, its packages, or what those of its distribution import."""
        if module not in self._needs:
            self._needs[module] = self._patterns_of(module.split("."), rules)
        return self._needs[module]

    def _patterns_of(self, parts: list[str], rules: Rules) -> list[str]:
        # Most packages are whole, and need not be read.
        if not any(path.startswith(f"{parts[0]}/") and rules.pattern_of(f"python/{path}") for path in self._wheels):
            return []
        waiting = [".".join(parts[:end]) for end in range(1, len(parts) + 1)]
        seen, found = set(waiting), dict[str, None]()
        while waiting:
            path = self._path(waiting.pop())
            if path is None:
                continue
            if pattern := rules.pattern_of(f"python/{path}"):
                found[pattern] = None
            for other in self._imports(path):
                if other.partition(".")[0] == parts[0] and other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return sorted(found)

    def _path(self, module: str) -> str | None:
        path = module.replace(".", "/")
        return next((name for name in (f"{path}.py", f"{path}/__init__.py") if name in self._wheels), None)

    def _imports(self, path: str) -> list[str]:
        """Return the imports that run with the module: those outside functions, conditions and `try`."""
        if path not in self._known:
            with zipfile.ZipFile(self._wheels[path]) as archive:
                tree = ast.parse(archive.read(path))
            package = path.split("/")[:-1]
            self._known[path] = [module for node in tree.body for module in _modules(node, package)]
        return self._known[path]


def _aws_service(node: ast.AST) -> str | None:
    if not isinstance(node, ast.Call):
        return None
    called = getattr(node.func, "attr", getattr(node.func, "id", None))
    named = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "service_name")]
    if called in _MAKERS and named and isinstance(named[0], ast.Constant) and isinstance(named[0].value, str):
        return named[0].value
    return None
