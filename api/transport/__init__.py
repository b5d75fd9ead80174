"""Between a connection and the engine: one module per kind of connection."""
