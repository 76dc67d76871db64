"""Compares the responses of two sets of zips."""
