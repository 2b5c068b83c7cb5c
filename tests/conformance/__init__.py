"""What of each dialect reaches which other one, computed by translating it.

`python -m tests.conformance docs/reference/conformance.md` writes the table; a test compares it.
"""
