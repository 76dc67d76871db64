"""The commands that users of the embedded AWS run."""
