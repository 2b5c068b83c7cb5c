"""The corridor every exchange walks down."""
