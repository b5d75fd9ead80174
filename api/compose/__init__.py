"""Settings in, running parts out: the only place where parts are put together."""
