"""What every service says over HTTP."""
