"""What the user wrote: frozen Structs, loading, upgrading of old shapes, cross-checks, schema. Connects nowhere."""
