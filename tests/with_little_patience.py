"""The product's command line with a server that soon gives up who reads nothing: `python -m tests.with_little_patience
serve`."""

from api.cli import main
from api.transport import sse, writer

SEND_PATIENCE_S = 3

if __name__ == "__main__":
    sse.SEND_PATIENCE_S = writer.SEND_PATIENCE_S = SEND_PATIENCE_S
    main()
