"""Where the work runs: threads of this process, or a Ray cluster; the results are the same bytes.

Compiled runs let go of Python's lock, so threads use every core. Ray (extra `cluster`) takes the same tasks: what they
share, ticks above all, is put into its object store once and read there without a copy. It joins the cluster that
RAY_ADDRESS names or that runs here, and starts one on this machine where there is none.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import Any, Final, TypeVar

from simcore.brokers.errors import ConfigError, did_you_mean

EXECUTORS: Final = ("threads", "ray")

T = TypeVar("T")
R = TypeVar("R")
Work = Callable[[Any, Any], Any]  # (what is shared, task) -> result; at the top of a module


def spread(
    work: Work, shared: Any, tasks: Sequence[T], executor: str = "threads", workers: int | None = None
) -> Iterator[tuple[int, Any]]:
    """Yield (number of the task, work(shared, task)) as tasks end; what a task raises is raised here.

    workers: how many run at once; default every core there is. Raises ConfigError for an executor there is not.
    """
    check(executor, workers)
    return (_ray if executor == "ray" else _threads)(work, shared, tasks, workers)


def check(executor: str, workers: int | None) -> None:
    """Raise ConfigError for an executor there is not, or a number of workers that is none."""
    if executor not in EXECUTORS:
        raise ConfigError(f"executor = {executor!r}; {did_you_mean(executor, EXECUTORS)}")
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
        raise ConfigError(f"workers must be a whole number of at least 1, was {workers!r}")


def cores(executor: str = "threads", workers: int | None = None) -> int:
    """How many tasks run at once."""
    if workers is not None:
        return workers
    if executor == "ray":
        return max(int(_started().cluster_resources().get("CPU", 1)), 1)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _threads(work: Work, shared: Any, tasks: Sequence[T], workers: int | None) -> Iterator[tuple[int, Any]]:
    with ThreadPoolExecutor(cores(workers=workers)) as pool:
        waiting = {pool.submit(work, shared, task): number for number, task in enumerate(tasks)}
        try:
            while waiting:
                for one in wait(waiting, return_when=FIRST_COMPLETED).done:
                    yield waiting.pop(one), one.result()
        finally:
            for one in waiting:
                one.cancel()


def _ray(work: Work, shared: Any, tasks: Sequence[T], workers: int | None) -> Iterator[tuple[int, Any]]:
    ray = _started()
    remote = ray.remote(num_cpus=1, max_retries=3)(work)
    there = ray.put(shared)
    left = list(enumerate(tasks))[::-1]
    running: dict[Any, int] = {}
    most = cores("ray", workers)
    try:
        while left or running:
            while left and len(running) < most:
                number, task = left.pop()
                running[remote.remote(there, task)] = number
            done, _ = ray.wait(list(running), num_returns=1)
            for one in done:
                yield running.pop(one), _got(ray, one)
    finally:
        for one in running:
            ray.cancel(one)


def _got(ray: Any, reference: Any) -> Any:
    """A task's result; what it raised is raised as it was there."""
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.as_instanceof_cause() from None


def _started() -> Any:
    try:
        import ray
    except ImportError as error:
        raise ConfigError("executor = 'ray' needs Ray: pip install 'simcore[cluster]'") from error
    if not ray.is_initialized():
        ray.init(address=os.environ.get("RAY_ADDRESS"), log_to_driver=False, include_dashboard=False)
    return ray
