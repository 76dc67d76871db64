"""Estimates what a deployment costs in a month."""
