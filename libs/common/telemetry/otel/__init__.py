"""Traces by OpenTelemetry's API, sent as OTLP."""
