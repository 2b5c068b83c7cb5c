"""Things that outlive a request: stores in this process and in servers beside it."""
