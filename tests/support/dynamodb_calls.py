"""DynamoDB calls in words, as profiles write them."""


def get(kind: str) -> str:
    """Return the text of a strongly consistent read of one item."""
    return f"GetItem {kind}, ConsistentRead True"


def page(index: str, limit: int = 20, *others: str) -> str:
    """Return the text of a query for a page: newest first, and one item more than the page holds."""
    return ", ".join([f"Query {index}", *others, f"Limit {limit + 1}", "ScanIndexForward False"])


def together(*writes: str) -> str:
    """Return the text of a transaction."""
    return f"TransactWriteItems: {'; '.join(writes)}"
