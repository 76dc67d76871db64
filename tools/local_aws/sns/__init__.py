"""SNS: delivers messages on this machine, and fills gaps of moto."""
