"""Who the caller is: tokens, the keys that sign them, and principals."""
