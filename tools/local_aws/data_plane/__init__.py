"""Serves the applied stack: gateway, functions and page in one process."""
