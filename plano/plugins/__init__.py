"""Finds outside Python code, checks it and arranges it so that a request pays only for the hooks that exist.

Everything is settled at start-up and hangs on an object the app makes; nothing here is global.
"""
