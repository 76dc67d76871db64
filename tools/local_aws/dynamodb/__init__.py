"""DynamoDB: fills gaps of moto."""
