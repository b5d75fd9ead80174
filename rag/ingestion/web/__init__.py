"""Pages of a site on the web as files: fetched politely, and kept in a folder that is ingested like any other."""
