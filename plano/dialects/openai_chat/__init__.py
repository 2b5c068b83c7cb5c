"""OpenAI's Chat Completions, and the other JSON endpoints that share its conventions."""
