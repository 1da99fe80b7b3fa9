"""What every test stands on: the shared data, fixed seeds, and no network beyond this machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import hypothesis
import pytest

from tests.guard import sitecustomize  # from here on, no connection leaves this machine

ROOT = Path(__file__).resolve().parent.parent

# Every Python that a test starts finds the guard, too.
GUARD = str(Path(sitecustomize.__file__).parent)
os.environ["PYTHONPATH"] = os.pathsep.join([GUARD, *filter(None, [os.environ.get("PYTHONPATH")])])
os.environ["SIMCORE_LEDGER"] = "off"  # nobody's trials are counted here; tests of the ledger name a place of their own

# The same examples on every run; no deadline, because a first call may compile.
hypothesis.settings.register_profile("simcore", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("simcore")


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of the shared data and reference, $SIMCORE_SHARED or ../shared; skip where there is none."""
    named = os.environ.get("SIMCORE_SHARED")
    folder = Path(named) if named else ROOT.parent / "shared"
    if not folder.is_dir():
        why = "which $SIMCORE_SHARED names" if named else "and $SIMCORE_SHARED is not set"
        pytest.skip(f"needs the shared data: there is no {folder}, {why}")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Return the URL of an empty PostgreSQL database on loopback; skip where no server is installed."""
    from tests.postgres import server

    with tempfile.TemporaryDirectory(prefix="simcore-postgres-") as folder:
        Path(folder).chmod(0o755)
        with server(Path(folder)) as url:
            yield url


SmallDisk = Callable[[int], AbstractContextManager[None]]


@pytest.fixture
def small_disk() -> SmallDisk:
    """`with small_disk(10_000):` no file of this process may grow beyond that, as on a disk that fills on the way."""
    resource = pytest.importorskip("resource", reason="file size limits are a Unix thing")

    @contextmanager
    def limited(size: int) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited
