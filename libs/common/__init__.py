"""The bootstrap layer that every service stands on."""
