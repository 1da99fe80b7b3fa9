"""One file over HTTP, whole or not at all: resumed where it was cut, tried again, checked, paced.

Tried again, with waits that double, is what may pass: a connection refused or cut, a timeout, 408, 425, 429 and 5xx
(for as long as Retry-After says). What was received of a file is kept and continued from there; a file that is damaged
once it is there is fetched anew. A file that is not there (404) is no fault.
"""

from __future__ import annotations

import hashlib
import logging
import os
import ssl
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Final

import httpx
import stamina

from simcore.market.download.plan import Remote
from simcore.market.errors import DataError
from simcore.market.store.disk import sync_folder

TRIES: Final = 6
_DAMAGED: Final = 3  # times that a damaged file is fetched
_LONGEST_WAIT: Final = 300.0  # seconds that a server's Retry-After is followed
_PASSING: Final = (408, 425, 429)
_HERE: Final = ("localhost", "127.0.0.1", "::1")
_TIMEOUT: Final = httpx.Timeout(30.0)

logging.getLogger("stamina").addHandler(logging.NullHandler())  # a retry is no news on stderr


@cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()


class Pace:
    """No more than so many requests a second."""

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not 0.0 < per_second < float("inf"):
            raise DataError(f"per_second is {per_second!r}; it must be a number of requests above zero")
        self._apart, self._clock, self._sleep = 1.0 / per_second, clock, sleep
        self._next = 0.0

    def wait(self) -> None:
        """Come back when the next request may go."""
        now = self._clock()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._apart


class Fetch:
    """Fetches files below an address; `aside` holds what is not whole yet."""

    def __init__(self, address: str, aside: Path, pace: Pace, tries: int = TRIES) -> None:
        if tries < 1:
            raise DataError(f"tries is {tries!r}; it must be at least 1")
        if not address.startswith(("http://", "https://")):
            raise DataError(f"address {address!r} must begin with http:// or https://")
        self.address, self._aside, self._pace, self._tries = address.rstrip("/"), aside, pace, tries
        self._client = httpx.Client(
            timeout=_TIMEOUT,
            follow_redirects=True,
            headers={"Accept-Encoding": "identity"},  # bytes are counted, so that half a file can be continued
            verify=_certificates(),
            trust_env=httpx.URL(self.address).host not in _HERE,  # no proxy leads to this machine
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def fetch(self, remote: Remote, target: Path) -> int | None:
        """Put the file at `target`; its size, None where the source has none. Raises DataError, and OSError."""
        url = f"{self.address}/{remote.path}"
        part = self._aside / (remote.path.replace("/", "!") + ".part")
        for _ in range(_DAMAGED):
            if not self._get(url, part):
                return None
            why = self._wrong(remote, url, part)
            if why is None:
                return _name(part, target)
            part.unlink()
        raise DataError(f"{url}: {why}, {_DAMAGED} times; the source's file is damaged, or something on the way to it")

    def _wrong(self, remote: Remote, url: str, part: Path) -> str | None:
        if remote.checksum:
            published = self._published(url)
            if published is not None:
                with part.open("rb") as file:
                    found = hashlib.file_digest(file, "sha256").hexdigest()
                if found != published:
                    return f"its SHA-256 is {found[:12]}..., published is {published[:12]}..."
        return remote.wrong(part)

    def _published(self, url: str) -> str | None:
        """The SHA-256 in the file beside, None where there is none."""
        part = self._aside / "checksum.part"
        part.unlink(missing_ok=True)
        if not self._get(f"{url}.CHECKSUM", part):
            return None
        text = part.read_text("utf-8", "replace")
        return text.split()[0].lower() if text.split() else None

    def _get(self, url: str, part: Path) -> bool:
        """Receive a file, or the rest of it; False where there is none."""
        attempts = stamina.retry_context(_may_pass, attempts=self._tries, timeout=None, wait_initial=0.5, wait_max=30.0)
        try:
            for attempt in attempts:
                with attempt:
                    self._pace.wait()
                    return self._once(url, part)
        except httpx.HTTPStatusError as error:
            status = error.response
            raise DataError(
                f"{url}: answered {status.status_code} {status.reason_phrase}{_stays(_may_pass(error) is not False)}"
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DataError(f"{url}: {str(error) or type(error).__name__}{_stays(True)}") from error
        raise AssertionError("a retry ends with a value or an error")

    def _once(self, url: str, part: Path) -> bool:
        have = part.stat().st_size if part.exists() else 0
        with self._client.stream("GET", url, headers={"Range": f"bytes={have}-"} if have else {}) as response:
            if response.status_code == httpx.codes.NOT_FOUND:
                return False
            if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                return _all_there(part, have, response)
            response.raise_for_status()
            goes_on = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
            part.parent.mkdir(parents=True, exist_ok=True)
            with part.open("ab" if response.status_code == httpx.codes.PARTIAL_CONTENT and goes_on else "wb") as file:
                for some in response.iter_raw():
                    file.write(some)
        return True


def _all_there(part: Path, have: int, response: httpx.Response) -> bool:
    """Nothing was left to send: the part is whole, or it is of another file and goes."""
    if response.headers.get("Content-Range", "").rpartition("/")[2] == str(have):
        return True
    part.unlink()
    raise httpx.RemoteProtocolError("the file is shorter than what was received of it before")


def _may_pass(error: Exception) -> bool | float:
    """Whether to try again, or after how many seconds."""
    if not isinstance(error, httpx.HTTPStatusError):
        return isinstance(error, httpx.TransportError)
    status = error.response.status_code
    if status not in _PASSING and status < 500:
        return False
    wait = _retry_after(error.response.headers.get("Retry-After", ""))
    return True if wait is None else min(wait, _LONGEST_WAIT)


def _retry_after(text: str) -> float | None:
    """Seconds, written as such or as the time to wait for."""
    if text.isdigit():
        return float(text)
    try:
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except ValueError:
        return None


def _stays(passing: bool) -> str:
    return "; what was fetched stays: run this again to go on" if passing else ""


def _name(part: Path, target: Path) -> int:
    """Give a whole file its name, once all of it is on the disk: an empty file means an hour without a tick."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
        size = os.fstat(file.fileno()).st_size
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(part, target)
    sync_folder(target.parent)
    return size
