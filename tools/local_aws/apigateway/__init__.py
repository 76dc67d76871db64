"""API Gateway's HTTP API: from a request to an event of a function, and back."""
