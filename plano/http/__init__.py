"""Bytes <-> HTTP/1.1, both sides."""
