"""How a server of PostgreSQL is spoken to."""
