"""Processes: the composition root and the worker."""
