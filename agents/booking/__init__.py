"""Appointments in conversation: what is wanted, what is planned, what is done."""
