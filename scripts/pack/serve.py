"""Serves this folder to this machine alone: `python3 serve.py [PORT]`. One file, the standard library; the headers give
the page its threads."""

import functools
import http.server
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
FIRST_PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8080


class Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
        ".json": "application/json",
        ".webp": "image/webp",
        ".webmanifest": "application/manifest+json",
    }

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, *_) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    # Otherwise a second server would quietly share the port of the first on some systems.
    allow_reuse_address = False


for port in range(FIRST_PORT, FIRST_PORT + 51):
    try:
        server = Server(("127.0.0.1", port), functools.partial(Handler, directory=str(FOLDER)))
    except OSError:
        continue
    print(f"HiVG is at http://localhost:{port}/ (Ctrl-C ends it)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    break
else:
    sys.exit(f"No free port from {FIRST_PORT} to {FIRST_PORT + 50}.")
