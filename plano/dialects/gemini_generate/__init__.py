"""Gemini's generateContent API; only providers speak it."""
