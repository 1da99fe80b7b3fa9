"""A headless Chromium spoken to over a pipe: pages as a reader meets them, with real pointer, keys and paper.

Nothing but the standard library and the browser. Whatever the page asked the network for, said on the console or threw
is kept, so that a test can demand there was nothing.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, Self

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
)
KEYS = {
    "ArrowLeft": 37,
    "ArrowRight": 39,
    "Home": 36,
    "Escape": 27,
    "Tab": 9,
    "Enter": 13,
    "+": 187,
    "-": 189,
    "]": 221,
}


def find() -> str | None:
    """The browser, or None; None too where there is no pipe to speak to it."""
    if not hasattr(os, "posix_spawn"):
        return None
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


class Browser:
    """One browser with one page; a context manager."""

    def __init__(self, program: str, profile: Path) -> None:
        import fcntl  # where there is none, `find` finds no browser

        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        low, high = (fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (theirs_in, theirs_out))  # not 3 or 4 themselves
        with open(os.devnull, "r+b") as null:
            put = [(low, 3), (high, 4), (null.fileno(), 1), (null.fileno(), 2)]
            actions = [(os.POSIX_SPAWN_DUP2, a, b) for a, b in put]
            command = [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
            self._process = os.posix_spawn(program, command, os.environ, file_actions=actions)
        for fd in (theirs_in, theirs_out, low, high):
            os.close(fd)
        self._read, self._write = os.fdopen(ours_in, "rb"), os.fdopen(ours_out, "wb")
        self._ids = itertools.count(1)
        self._rest = b""
        self._session = ""
        self._loaded = True
        self.requests: list[str] = []
        self.complaints: list[str] = []
        target = next(t for t in self._call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        attached = self._call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._call(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._session = ""
        self._send("Browser.close")
        while self._read.read1(1 << 20):
            pass  # until it is gone
        self._read.close()
        self._write.close()
        os.waitpid(self._process, 0)

    def open(self, page: Path, *, width: int = 1280, dark: bool = False, phone: bool = False) -> None:
        """Open a file and wait until its script says it is drawn, or failed."""
        self.requests, self.complaints = [], []
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 2 if phone else 1, "mobile": phone}
        self._call("Emulation.setDeviceMetricsOverride", **metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])
        self._loaded = False
        self._call("Page.navigate", url=page.as_uri())
        while not self._loaded:
            self._hear(self._next())
        self.until("document.documentElement.dataset.state !== 'loading'")

    def ask(self, script: str) -> Any:
        """The value of an expression; a promise is awaited."""
        answer = self._call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def until(self, script: str) -> None:
        """Wait, frame by frame, until an expression is true."""
        wait = (
            f"new Promise((go) => {{ const look = () => ({script}) ? go(1) : requestAnimationFrame(look); look(); }})"
        )
        self.ask(wait)

    def settle(self) -> None:
        """Two frames, so that what was asked for is drawn."""
        self.ask("new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")

    def move(self, x: float, y: float, *, pressed: bool = False) -> None:
        """Move the pointer."""
        held: dict[str, Any] = {"buttons": 1, "button": "left"} if pressed else {}
        self._call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y, **held)
        self.settle()

    def drag(self, a: tuple[float, float], b: tuple[float, float]) -> None:
        """Press at a, let go at b."""
        self.move(*a)
        self._mouse("mousePressed", *a, count=1)
        self.move((a[0] + b[0]) / 2, b[1], pressed=True)
        self.move(*b, pressed=True)
        self._mouse("mouseReleased", *b, count=1)
        self.settle()

    def click(self, x: float, y: float, times: int = 1) -> None:
        """Click, or double-click."""
        self.move(x, y)
        for count in range(1, times + 1):
            self._mouse("mousePressed", x, y, count)
            self._mouse("mouseReleased", x, y, count)
        self.settle()

    def press(self, key: str) -> None:
        """Press a key."""
        typed = {"text": key} if len(key) == 1 else {}
        for kind in ("keyDown", "keyUp"):
            own = typed if kind == "keyDown" else {}
            self._call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=KEYS.get(key, 0), **own)
        self.settle()

    def picture(self, path: Path, *, whole: bool = True) -> Path:
        """A screenshot, of the whole page or of what is in sight."""
        answer = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(answer["data"]))
        return path

    def media(self, name: str) -> None:
        """Show the page as it would be on "print" or, with nothing, on the screen."""
        self._call("Emulation.setEmulatedMedia", media=name)
        self.settle()

    def paper(self) -> bytes:
        """The page as PDF, as it would be printed."""
        return base64.b64decode(self._call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"])

    def _mouse(self, kind: str, x: float, y: float, count: int) -> None:
        self._call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=count)

    def _send(self, method: str, **given: Any) -> int:
        message: dict[str, Any] = {"id": next(self._ids), "method": method, "params": given}
        if self._session:
            message["sessionId"] = self._session
        self._write.write(json.dumps(message).encode() + b"\0")
        self._write.flush()
        return int(message["id"])

    def _call(self, method: str, **given: Any) -> dict[str, Any]:
        wanted = self._send(method, **given)
        while True:
            message = self._next()
            if message.get("id") == wanted:
                if "error" in message:
                    raise AssertionError(f"{method}: {message['error']}")
                return dict(message["result"])
            self._hear(message)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = self._read.read1(1 << 20)
            if not more:
                raise AssertionError("the browser went away")
            self._rest += more
        one, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(one))

    def _hear(self, message: dict[str, Any]) -> None:
        method, given = message.get("method", ""), message.get("params", {})
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Network.requestWillBeSent":
            self.requests.append(given["request"]["url"])
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(" ".join(str(a.get("value", a.get("description"))) for a in given["args"]))
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(given["exceptionDetails"]))
        elif method == "Log.entryAdded":
            self.complaints.append(given["entry"]["text"])
