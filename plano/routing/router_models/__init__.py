"""The router models that come with plano: they judge which route a prompt wants."""
