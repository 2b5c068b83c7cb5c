"""The router model that reads the routes as a list with letters, and says a letter: a decoder on this machine."""
