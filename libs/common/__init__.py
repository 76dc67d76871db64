"""The code that all services share; deployed as one Lambda layer."""
