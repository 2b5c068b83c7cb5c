"""Router models: who judges what a prompt wants. One folder or module per kind; each knows words and routes only."""
