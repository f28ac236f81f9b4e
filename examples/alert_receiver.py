"""Receive signed alerts and check that they are genuine; the standard library is all it needs.

    export ALERT_WEBHOOK_SECRET=$(openssl rand -hex 32)
    python examples/alert_receiver.py 9000

Then let the service send to it, with the same secret: ALERT_WEBHOOK_URL=http://127.0.0.1:9000/ mcp-core alerts test
"""

from __future__ import annotations

import hmac
import json
import os
import sys
import time
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer

# An older signature may be a copy that somebody sends again.
MOST_AGE_SECONDS = 300
MOST_BODY_BYTES = 64 * 1024
LEAST_SECRET_LENGTH = 32


def is_genuine(secret: str, timestamp: str, signature: str, body: bytes, now: float) -> bool:
    """Whether the body was signed with the secret, and lately.

    Args:
        secret: ALERT_WEBHOOK_SECRET.
        timestamp: Header X-MCP-Timestamp: seconds since 1970.
        signature: Header X-MCP-Signature: ``v1=`` and HMAC-SHA256 in hexadecimal over ``<timestamp>.<body>``.
        body: The body as received, before any parsing.
        now: Seconds since 1970.
    """
    if not (timestamp.isascii() and timestamp.isdigit()) or abs(now - int(timestamp)) > MOST_AGE_SECONDS:
        return False
    expected = hmac.new(secret.encode(), timestamp.encode() + b"." + body, sha256).hexdigest()
    # Compared in constant time: an early exit would tell how much of a guess was right.
    return hmac.compare_digest(f"v1={expected}".encode(), signature.encode())


def make_server(port: int, secret: str) -> HTTPServer:
    """A receiver on the loopback address that prints each alert once."""
    seen: set[str] = set()

    class Receiver(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > MOST_BODY_BYTES:
                return self.send_error(413)
            body = self.rfile.read(int(length))
            stamp, signature = (self.headers.get(f"X-MCP-{name}", "") for name in ("Timestamp", "Signature"))
            if not is_genuine(secret, stamp, signature, body, time.time()):
                return self.send_error(401)
            message = json.loads(body)
            # Delivery is at least once: the id stays the same over every attempt.
            if message["alert"]["alert_id"] not in seen:
                seen.add(message["alert"]["alert_id"])
                print(message["text"], flush=True)
            self.send_response(204)
            return self.end_headers()

        def log_message(self, *_: object) -> None:
            """The alerts are what is printed."""

    return HTTPServer(("127.0.0.1", port), Receiver)


def main() -> None:
    """Serve until interrupted."""
    secret = os.environ.get("ALERT_WEBHOOK_SECRET", "")
    if len(secret) < LEAST_SECRET_LENGTH:
        sys.exit(f"set ALERT_WEBHOOK_SECRET to at least {LEAST_SECRET_LENGTH} characters")
    with make_server(int(sys.argv[1]) if len(sys.argv) > 1 else 9000, secret) as server:
        print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
