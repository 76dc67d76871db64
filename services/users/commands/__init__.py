"""Commands of this service for developers and operators; commands.mk runs them, and no zip holds them."""
