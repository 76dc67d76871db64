"""Reads the facts of this repository that several tools need: its services and the product's name."""
