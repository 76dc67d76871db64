"""DynamoDB by its low-level client."""
