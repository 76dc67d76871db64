"""AWS clients for the control plane."""
