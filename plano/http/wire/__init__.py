"""Sans-IO HTTP/1.1: no sockets, no clock, no asyncio."""
