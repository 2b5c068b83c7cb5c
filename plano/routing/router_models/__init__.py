"""Router models: who judges which route a prompt wants."""
