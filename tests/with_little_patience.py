"""The product's command line with a server that soon gives up who reads nothing, or says nothing:
`python -m tests.with_little_patience serve`."""

from api.cli import main
from api.transport import sse, uvicorn_request, writer

SEND_PATIENCE_S = 3
REQUEST_S = 3

if __name__ == "__main__":
    sse.SEND_PATIENCE_S = writer.SEND_PATIENCE_S = SEND_PATIENCE_S
    uvicorn_request.HEAD_S = uvicorn_request.BODY_S = REQUEST_S
    main()
