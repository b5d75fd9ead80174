"""The words of LangGraph's server protocol, as its SDK speaks them: pure translations, whose routes are elsewhere.

A thread is a conversation of the caller, a run one answer in it, an assistant the specialists or one specialist of it.
What a run's state holds is the conversation: `{"messages": [...]}`.
"""

CHANNEL = "langgraph"
"""By which name specialists can be open to everyone here."""
