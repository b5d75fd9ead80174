"""Pages of other people's, at an origin of their own, with the widget's line in them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>A shop</title></head>
<body><main><h1>A shop</h1><p><a href="#top">What we sell</a></p></main>
<script src="{server}/widget.js" async{attributes}></script></body></html>"""


def strict_policy(server: str) -> str:
    """A content security policy that lets in the widget, and nothing else."""
    socket = server.replace("http", "ws", 1)
    return (
        f"default-src 'none'; script-src {server}; connect-src {server} {socket}; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types dompurify"
    )


@contextmanager
def site(server: str, *, language: str = "en", policy: str | None = None, **attributes: str) -> Iterator[str]:
    """The address of a page with the server's widget. `attributes` are those of its line: `token` for `data-token`."""
    written = "".join(f' data-{name.replace("_", "-")}="{escape(value)}"' for name, value in attributes.items())
    page = PAGE.format(server=server, language=language, attributes=written).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/"
            self.send_response(200 if found else 204)
            if found:
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                if policy is not None:
                    self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            if found:
                self.wfile.write(page)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{running.server_port}"
    finally:
        running.shutdown()
        running.server_close()
        thread.join()
