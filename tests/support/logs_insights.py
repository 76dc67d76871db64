"""The fields in a query of CloudWatch Logs Insights: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html."""

import re

COMMANDS = {"dedup", "display", "fields", "filter", "limit", "sort", "stats"}
OPERATORS = {"and", "as", "asc", "by", "desc", "in", "like", "not", "or"}
FUNCTIONS = {"avg", "coalesce", "count", "latest", "max", "min", "pct", "sum"}
STRING = re.compile(r'"[^"]*"')
ALIAS = re.compile(r"\bas (\w+)")
# Fields that CloudWatch adds begin with @.
WORD = re.compile(r"(?<![@\w.])[A-Za-z_][\w.]*(\s*\()?")


def named_fields(query: str) -> set[str]:
    """Return the fields of log lines in the query, without aliases and fields that CloudWatch adds.

    Raises:
        ValueError: for a command or function that this module does not know.
    """
    text = STRING.sub("", query)
    for command in text.split("|"):
        if command.split()[0] not in COMMANDS:
            raise ValueError(f"no such command: {command.strip()}")
    aliases = set(ALIAS.findall(text))
    names = set()
    for word in WORD.finditer(text):
        name = word[0].rstrip("( ")
        if name in COMMANDS | OPERATORS | aliases:
            continue
        if not word[1]:
            names.add(name)
        elif name not in FUNCTIONS:
            raise ValueError(f"no such function: {name}")
    return names


def literals(query: str, field: str) -> list[str]:
    """Return the strings with which the query compares the field."""
    return re.findall(rf'\b{field} = "([^"]*)"', query)
