"""API Gateway's HTTP API: routes, events, limits, CORS, throttling, access log."""
