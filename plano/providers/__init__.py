"""Vendors as a table, and the accounts at them: where a request goes and under which key. No I/O here."""
