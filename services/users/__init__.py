"""Who may use the library."""
