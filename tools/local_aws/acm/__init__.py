"""AWS Certificate Manager: gaps of moto."""
