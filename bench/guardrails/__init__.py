"""How well guardrails find what they look for, and what it costs."""
