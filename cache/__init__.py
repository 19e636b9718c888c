"""What is already paid for: request keys, the call cache and Prefect's cache policy."""
