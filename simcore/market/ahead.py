"""Work done ahead of whoever needs it, by threads, in order: the next block is decoded while one is played.

It helps where the work releases Python's lock, as decoding Parquet and compiled passes do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from itertools import islice
from typing import Final, TypeVar

T = TypeVar("T")
DEPTH: Final = 3  # pieces of work under way or done while one is used
WORKERS: Final = 2


def workers() -> ThreadPoolExecutor:
    """Return threads for `in_order`; a `with` block ends them."""
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="simcore-ahead")


def in_order(pool: Executor, tasks: Iterable[Callable[[], T]], depth: int = DEPTH) -> Generator[T, None, None]:
    """Yield what each task returns, in the order of the tasks, of which the next `depth` are done meanwhile."""
    left = iter(tasks)
    waiting: deque[Future[T]] = deque(pool.submit(task) for task in islice(left, depth))
    try:
        while waiting:
            done = waiting.popleft().result()
            waiting.extend(pool.submit(task) for task in islice(left, 1))
            yield done
    finally:
        for one in waiting:
            one.cancel()


def ahead(items: Iterator[T], depth: int = DEPTH) -> Generator[T, None, None]:
    """Yield `items`, the next ones made in a thread of their own while one is used."""

    def tasks() -> Iterator[Callable[[], T | None]]:
        while True:
            yield lambda: next(items, None)

    with ThreadPoolExecutor(1, thread_name_prefix="simcore-ahead") as pool:
        made = in_order(pool, tasks(), depth)
        try:
            for item in made:
                if item is None:
                    return
                yield item
        finally:
            made.close()
