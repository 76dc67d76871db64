"""The functions' answers here against those under AWS's own emulator."""
