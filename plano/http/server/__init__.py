"""The listening side: sockets, client connections, response sinks."""
