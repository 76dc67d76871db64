"""Measures the services beside other ways to build them; nothing outside this folder needs it."""
