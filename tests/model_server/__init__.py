"""A scripted, OpenAI-compatible model server on a real socket: paced answers, and every fault a provider can have.

    python -m tests.model_server --port 9100

`POST /v1/chat/completions` (streamed or not), `POST /v1/embeddings`, `GET /v1/models`; for tests `POST /script`,
`POST /rules`, `POST /screenplay`, `GET /stats`, `GET /requests`, `GET /unexpected`, `POST /reset`. Any model name
answers from the passages in the prompt; `script-…` names pace an answer (`script.py`) and `fault-…` names break one
(`faults.py`); rules make it do what it reads, with calls of tools (`rules.py`), and a screenplay makes it play
dialogues (`screenplay.py`).
"""
