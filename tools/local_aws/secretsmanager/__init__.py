"""Secrets Manager: what moto lacks."""
