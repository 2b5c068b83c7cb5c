"""What the user wrote, as frozen Structs: loading, upgrading of old shapes, cross-checks, schema."""
