"""DynamoDB: what moto lacks."""
