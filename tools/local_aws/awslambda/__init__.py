"""Lambda: pools of execution environments, their processes, and what they log."""
