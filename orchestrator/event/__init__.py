"""What events are made of: their groups and values, who has a conversation, and for how long the bot has it."""
