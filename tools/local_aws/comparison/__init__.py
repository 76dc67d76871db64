"""Compares the functions' responses here with those under AWS's own emulator."""
