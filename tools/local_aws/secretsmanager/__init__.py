"""Secrets Manager: fills gaps of moto."""
