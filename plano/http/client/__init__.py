"""The calling side: dialing, pooling, one call at a time per connection."""
