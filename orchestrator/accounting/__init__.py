"""What a run takes of models and tools, what that costs, and when it has had enough."""
