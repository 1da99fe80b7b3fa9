"""Where the real files lie, and how tests write files of their own."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def market_data(shared: Path) -> Callable[..., Path]:
    """Return a function from a path below the shared market data to the file; it skips the test where it is absent."""

    def find(*parts: str) -> Path:
        path = shared.joinpath("market-data", *parts)
        if not path.exists():
            pytest.skip(f"needs the shared market data: there is no {path}")
        return path

    return find


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes text or bytes to a file, gzipped or zipped as the name says."""

    def written(name: str, content: str | bytes, member: str | None = None) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        if name.endswith(".gz"):
            data = gzip.compress(data)
        elif name.endswith(".zip"):
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w") as archive:
                archive.writestr(member or Path(name).stem + ".csv", data)
            data = buffer.getvalue()
        path.write_bytes(data)
        return path

    return written
