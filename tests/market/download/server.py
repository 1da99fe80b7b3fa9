"""A server on this machine that serves files as the sources do, with the faults a test asks for."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Archive:
    """What is served: path -> bytes, or below `folder`; `faults`: path -> what the next requests for it get.

    A fault is a status, "cut" (half the file, then the connection ends), "short" (half the file as if it were all) or
    "noise" (as many other bytes). `asked` has each request's path and range, in order.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, list[int | str]] = {}
        self.headers: dict[str, str] = {}  # sent with faults
        self.asked: list[tuple[str, str | None]] = []
        self.address = ""

    @property
    def paths(self) -> list[str]:
        """The paths that were asked for."""
        return [path for path, _ in self.asked]

    def content(self, path: str) -> bytes | None:
        """The bytes of a path."""
        if path in self.files:
            return self.files[path]
        file = self.folder / path if self.folder else None
        return file.read_bytes() if file is not None and file.is_file() else None


@contextmanager
def serving(archive: Archive) -> Iterator[Archive]:
    """Serve it while the block runs, at `archive.address`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else a small answer waits for the client's acknowledgement

        def log_message(self, *args: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            path = self.path.lstrip("/")
            archive.asked.append((path, self.headers["Range"]))
            queue = archive.faults.get(path, [])
            fault = queue.pop(0) if queue else None
            content = archive.content(path)
            if isinstance(fault, int):
                self.answer(fault, b"", archive.headers)
            elif content is None:
                self.answer(404, b"no such file", {})
            else:
                self.send(content, fault)

        def send(self, content: bytes, fault: str | None) -> None:
            begin = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
            first, whole = int(begin[1]) if begin else 0, content
            if begin and first >= len(content):
                self.answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
                return
            content = content[first:]
            status = 206 if begin else 200
            named = {"Content-Range": f"bytes {first}-{len(whole) - 1}/{len(whole)}"} if begin else {}
            if fault == "short":
                content = content[: len(content) // 2]
            elif fault == "noise":
                content = bytes(255 - byte for byte in content)
            self.answer(status, content, named, len(content) // 2 if fault == "cut" else None)

        def answer(self, status: int, content: bytes, headers: dict[str, str], upto: int | None = None) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[:upto])
            if upto is not None:
                self.wfile.flush()
                self.close_connection = True

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        archive.address = f"http://127.0.0.1:{server.server_port}"
        try:
            yield archive
        finally:
            server.shutdown()
            thread.join()
