"""The maker's vehicles by name, and which of them a text is about."""
