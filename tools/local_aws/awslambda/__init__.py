"""Lambda: pools of execution environments, their processes and their logs."""
