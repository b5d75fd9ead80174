"""Guided diagnosis: dangers, trouble codes, symptoms, causes, and one check at a time."""
