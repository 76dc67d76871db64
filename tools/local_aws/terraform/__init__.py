"""Terraform: its provider, its installation and its commands."""
