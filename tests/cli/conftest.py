"""The account is compiled before a test looks at stderr, where a first start says that it compiles."""

from __future__ import annotations

import pytest

from simcore.cli.compiling import compile_kernel


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    compile_kernel(quiet=True)
