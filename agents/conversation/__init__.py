"""What the conversation adds to a message: follow-ups made to stand alone, and a summary of what came before."""
