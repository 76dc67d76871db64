"""Finds the lines that name a service: as a path, a scope, a module, a string or one of a list, not as a word in prose.

`orders` or `events` are also ordinary words, so the bare word is not enough.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple

from monorepo.product import product

# The history, generated files, the path of the token endpoint, what an account or an environment chooses for a service,
# and tests that use names of many services.
NOT_SEARCHED: Final = (
    "benchmarks/results/",
    "CHANGELOG.md",
    "docs/decisions/",
    "docs/openapi/",
    "docs/problems.md",
    "product.json",
    "terraform/bootstrap/accounts/",
    "terraform/environments/",
    "tests/monorepo/test_mentions.py",
    "tests/scaffold/",
)
# Services that documentation and tests make up. A real service may have such a name: these files do not mean it.
EXAMPLES: Final = frozenset(
    {"accounts", "films", "halls", "orders", "parts", "reviews", "rooms", "shop", "stock", "things"}
)
WITH_EXAMPLES: Final = (
    "CONTRIBUTING.md",
    "Makefile",
    "README.md",
    "docs/",
    "make/",
    "terraform/modules/",
    "terraform/bootstrap/tests/",
    "terraform/tests/",
    "tests/build_support/",
    "tests/chromium/",
    "tests/common/",
    "tests/conftest.py",
    "tests/contract/",
    "tests/local_aws/",
    "tests/monorepo/",
    "tests/environments/",
    "tests/pants/",
    "tests/production/",
    "tests/release/",
    "tests/release_hook/",
    "tests/support/service_files.",
    "tests/terraform/",
    "tools/monorepo/mentions.py",
    "tools/scaffold/",
)
MODULES: Final = "app|dependencies|domain|domain_metrics|handler|operations|policies|repository|routes|schemas|settings"


class Mention(NamedTuple):
    """A line that names a service."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


def mentions(name: str, others: Collection[str], texts: Iterable[tuple[str, str]]) -> Iterator[Mention]:
    """Yield the lines outside a service's two folders that name it.

    Args:
        name: The service.
        others: The other services; a list of two services is found without quotes, too.
        texts: Path and text of each file of the repository.
    """
    not_searched = (*NOT_SEARCHED, f"services/{name}/", f"tests/{name}/", *(WITH_EXAMPLES if name in EXAMPLES else ()))
    rest = set(others) - {name}
    # In Markdown, a service's name stands in backticks. In docstrings, so do parameters.
    in_code, in_markdown = _pattern(name, rest, "\"'"), _pattern(name, rest, "\"'`")
    for path, text in texts:
        if path.startswith(not_searched) or name not in text:
            continue
        pattern = in_markdown if path.endswith(".md") else in_code
        for number, line in enumerate(text.splitlines(), 1):
            if pattern.search(line):
                yield Mention(path, number, line.strip())


def _pattern(name: str, others: Collection[str], quotes: str) -> re.Pattern[str]:
    word = rf"(?<![\w-]){name}(?![\w-])"
    forms = [
        rf"\b(?:services|tests)[/.]{name}(?![\w-])",
        rf"/api/v1/{name}(?![\w-])",
        rf"(?<![\w:/.-]){name}:[a-z]",
        rf"^\s*(?:from {name}(?:\.[\w.]+)? import|import {name}(?:\.[\w.]+)?(?:,| as |\s*$))",
        rf"(?<![\w/.-]){name}\.(?:{MODULES})\b",
        rf"(?<![\w-])(?:test|{product().name}-[\w{{}}]+)-{name}(?![\w-])",
        # Without subscripts and get(), such as `response["events"]`: they are fields.
        rf"(?<![\w)\]]\[)(?<!\.get\()[{quotes}]{name}[{quotes}]",
    ]
    if others:
        other = rf"(?<![\w-])(?:{'|'.join(sorted(others))})(?![\w-])"
        between = rf"[{quotes}]?(?:\s*[,|;]\s*(?:and |or )?|\s+(?:and |or )?)[{quotes}]?"
        forms += [f"{word}{between}{other}", f"{other}{between}{word}"]
    return re.compile("|".join(forms))
