"""Fits the logistic regressions that lie beside modules as JSON files, from data that is in the repository."""
