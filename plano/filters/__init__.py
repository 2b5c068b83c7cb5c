"""Filter servers: what asks an HTTP or MCP server about a request or an answer."""
