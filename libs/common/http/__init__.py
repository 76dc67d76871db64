"""HTTP behaviour that all services share."""
