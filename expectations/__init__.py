"""What must be true of data between stages."""
