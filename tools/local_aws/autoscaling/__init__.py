"""Application Auto Scaling: gaps of moto."""
