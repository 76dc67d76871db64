"""Simulates concurrency and cold starts of one Lambda function."""
