"""Clients: one attempt at one request, each behind the same two methods."""
