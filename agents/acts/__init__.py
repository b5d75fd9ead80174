"""What a message does, before it is asked what it is about: a greeting, a danger, a wish for a person, a request."""
