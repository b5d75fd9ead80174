"""People in the loop: who has a conversation, what the staff sees and does, and how the customer is told."""
