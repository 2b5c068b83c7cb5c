"""Reads finished records; nothing calls it in the middle of a request."""
