"""API formats: what they look like on the wire and how plano reads and writes them."""
