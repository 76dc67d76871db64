"""Reads service.yaml and product.json, for several tools."""
