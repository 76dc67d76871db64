"""DynamoDB access through its low-level client."""
