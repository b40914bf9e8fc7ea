"""A webhook that answers what a test tells it to."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Webhook:
    """`answers`: statuses to give, in turn; 202 when they are used up."""

    def __init__(self, answers=()):
        self.answers = list(answers)
        self.requests = []  # (path, headers, body)
        self.connections = set()
        self.lock = threading.Lock()


@contextmanager
def webhook(*answers):
    """A Webhook listening at `url` while the block runs."""
    state = Webhook(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with state.lock:
                state.requests.append((self.path, dict(self.headers), body))
                state.connections.add(self.client_address)
                status = state.answers.pop(0) if state.answers else 202
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}/webhooks/mastodon/demo/"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
