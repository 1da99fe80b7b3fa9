"""Optuna's part of an optimisation: its samplers, its studies, and where they are kept."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from simcore.brokers.errors import ConfigError
from simcore.ledger.errors import LedgerError
from simcore.ledger.ledger import Ledger
from simcore.ledger.tables import shown
from simcore.research.optimized import WHY

KEY: Final = "key"
SCHEMA: Final = "optuna"


def library() -> Any:
    """Optuna. Raises ConfigError where it is not installed."""
    try:
        import optuna
    except ImportError as error:
        raise ConfigError("optimize needs Optuna: pip install 'simcore[research]'") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def state(name: str) -> Any:
    """Optuna's state of a trial."""
    return library().trial.TrialState[name]


@contextmanager
def quiet() -> Iterator[None]:
    """Without Optuna's notes on what of it is new."""
    with warnings.catch_warnings():
        for category in (library().exceptions.ExperimentalWarning, FutureWarning):
            warnings.simplefilter("ignore", category)
        yield


def sampler_of(name: str, seed: int) -> Any:
    """Optuna's sampler of this name, which knows the constraints where it can."""
    samplers = library().samplers

    def beyond(trial: Any) -> Sequence[float]:
        return trial.user_attrs.get(WHY) or (0.0,)

    if name == "tpe":
        return samplers.TPESampler(seed=seed, constraints_func=beyond)
    if name == "nsga2":
        return samplers.NSGAIISampler(seed=seed, constraints_func=beyond)
    if name == "random":
        return samplers.RandomSampler(seed=seed)
    try:
        import cmaes  # noqa: F401
    except ImportError as error:
        raise ConfigError("sampler = 'cmaes' needs cmaes: pip install 'simcore[research]'") from error
    return samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)


@contextmanager
def kept_in(storage: str | os.PathLike[str] | None) -> Iterator[Any]:
    """Optuna's tables in a file or a database, let go of at the end; None where there is none. Raises ConfigError.

    The same file or database may hold the trial ledger too. In PostgreSQL they have a schema of their own, `optuna`,
    unless the URL has options.
    """
    if storage is None:
        yield None
        return
    from sqlalchemy.exc import DBAPIError

    place = os.fspath(storage)
    try:
        try:
            tables = _connected(place)
        except DBAPIError:  # another process may have made the tables at the same instant
            tables = _connected(place)
    except Exception as error:
        cause = " ".join(str(error).split())
        raise ConfigError(f"optimize: storage {shown(place)} cannot be used: {cause[:200]}") from error
    try:
        yield tables
    finally:
        tables.remove_session()
        tables.engine.dispose()


def _connected(place: str) -> Any:
    import sqlalchemy as sa

    url = sa.make_url(place if "://" in place else f"sqlite:///{place}")
    if url.get_backend_name() in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
        if "options" not in url.query:
            _run(url, f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            url = url.update_query_dict({"options": f"-csearch_path={SCHEMA}"})
    elif url.get_backend_name() == "sqlite" and url.database:
        with suppress(LedgerError):
            Ledger(url.database)  # in the same file, of an earlier version, it would have a table of Optuna's name
    return library().storages.RDBStorage(url.render_as_string(hide_password=False))


def _run(url: Any, command: str) -> None:
    import sqlalchemy as sa

    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(sa.text(command))
    finally:
        engine.dispose()


def study_of(
    tables: Any, name: str | None, key: Mapping[str, str], ways: Sequence[bool], sampler: Any, pruning: bool
) -> Any:
    """A new study, or the one that is there under this name. Raises ConfigError where that is of something else."""
    optuna = library()
    own = hashlib.blake2b(repr(sorted(key.items())).encode(), digest_size=8).hexdigest()
    if tables is None and name is not None:
        raise ConfigError(f"optimize: study {name!r} needs a storage to be kept in; give storage as well")
    found = optuna.create_study(
        storage=tables,
        study_name=None if tables is None else name or f"simcore-{own}",
        load_if_exists=True,
        sampler=sampler,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5) if pruning else optuna.pruners.NopPruner(),
        directions=["maximize" if up else "minimize" for up in ways],
    )
    there = found.user_attrs.get(KEY)
    if there is None:
        found.set_user_attr(KEY, own)
    elif there != own:
        raise ConfigError(
            f"optimize: study {found.study_name!r} in its storage is of another strategy, data, account, objective or "
            "params; name another study"
        )
    return found
