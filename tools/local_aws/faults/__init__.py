"""Faults of AWS, injected on demand: the plan, the responses, and the interface that changes the plan."""
