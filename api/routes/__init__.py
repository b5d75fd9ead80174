"""The HTTP routes: plain functions, one file per subject, each exporting `router`."""
