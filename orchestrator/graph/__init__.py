"""The LangGraph graph that answers a message, and its stream of outputs as events."""
