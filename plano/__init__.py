"""plano: a gateway for LLM traffic and a data plane for agents."""

__version__ = "0.5.0"
