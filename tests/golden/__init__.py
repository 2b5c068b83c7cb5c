"""Translations written down: what every client's request becomes for every provider, and every answer for every client.

`requests/CLIENT_CASE.json` is what a client sends; `answers/PROVIDER_CASE.json` and `streams/PROVIDER_CASE.sse` (or
`.jsonl`: name and payload of each AWS frame) are what a provider answers. `CLIENT_to_PROVIDER/` holds what becomes of
them. `python -m tests.golden write` writes those anew; look at the difference before you commit it.
"""
