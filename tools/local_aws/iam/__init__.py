"""Roles and their policies: what a call needs, whether it is allowed, and who made which."""
