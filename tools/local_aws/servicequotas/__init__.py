"""Service Quotas: the quota that our stack reads."""
