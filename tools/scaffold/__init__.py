"""Commands that add a service, remove one, and rename the product."""
