"""The Responses API in and out of the hub."""
