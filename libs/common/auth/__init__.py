"""Authentication and authorisation: tokens, the keys that sign them, principals and policies."""
