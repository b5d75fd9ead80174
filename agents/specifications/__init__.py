"""The vehicles' figures as data: tables, attributes, questions about them, and answers."""
