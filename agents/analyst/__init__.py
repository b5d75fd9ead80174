"""Questions about figures: read, turned into a query, checked, and told in words."""
