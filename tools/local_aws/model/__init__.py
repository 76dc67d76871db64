"""The applied deployment, as plain values."""
