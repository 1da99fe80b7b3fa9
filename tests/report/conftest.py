"""The browser that the tests of pages share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.report.browser import BROWSERS, Browser, find


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = find()
    if program is None:
        pytest.skip(f"needs a browser to look at the page: none of {', '.join(BROWSERS)} is on the PATH")
    with Browser(program, tmp_path_factory.mktemp("profile")) as opened:
        yield opened
