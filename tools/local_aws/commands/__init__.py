"""The commands of the embedded AWS."""
