"""What serves the applied stack: gateway, functions and page in one process, and what they cost."""
