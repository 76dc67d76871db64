"""The users service: accounts, passwords and tokens."""
