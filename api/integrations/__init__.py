"""Other people's protocols, translated: the OpenAI API, AG-UI, LangGraph's server, MCP."""
