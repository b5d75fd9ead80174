"""`pitcrew eval`, part by part: the questions, one file per kind of run, and how figures are shown."""
