"""Faults: dangers, codes, symptoms, causes, and checks one at a time."""
