"""How the registered datasets are organised: tables, columns, keys and diagrams."""
