"""Results as files: one file holds everything that shows a run again, whole or not at all.

A zip of plain parts: what was run (JSON), the tape's tables, what was read off the ticks, and the prices the report's
charts show. The ticks themselves stay where they were, so a result read back gives every frame, statistic and chart and
the same fingerprint, but nothing else that needs ticks. Nothing in the file is run when it is read. A file of a newer
version, or one that is damaged, is refused with one error.
"""

from __future__ import annotations

import io
import json
import math
import os
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.kernel.buffers import TABLES
from simcore.market.quality import Quality
from simcore.report.contents import Explained
from simcore.report.prices import Prices
from simcore.report.write import check_target, write_whole
from simcore.run import Run
from simcore.run.kept import KeptFeed, ResultError
from simcore.run.reporting import prices_of
from simcore.run.seen import Seen, Terms
from simcore.run.splits import Splits

FORMAT: Final = "simcore result"
VERSION: Final = 1  # of the file; one more for every change that an older simcore could not read
ABOUT: Final = "result.json"
EXPLAINED: Final = "explained.json"

Array = NDArray[Any]
_COUNTED: Final = ("rows", "first", "last")  # of Prices
_TIMED: Final = ("usual", "longest")
_LISTED: Final = ("strategy", "parameters", "cash", "sample_every", "seconds")


def save(
    path: str | os.PathLike[str],
    run: Run,
    seen: Seen,
    fingerprint: str,
    quality: Mapping[str, Quality],
    explained: Explained,
) -> Path:
    """Write one run to a file, whole or not at all, and return the path. Raises WriteError."""
    target = check_target(path)
    charted = prices_of(run)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        about = {**_about(run, seen, charted, fingerprint), "quality": [one.to_dict() for one in quality.values()]}
        _add(file, ABOUT, json.dumps(about, indent=1).encode())
        _add(file, EXPLAINED, json.dumps(asdict(explained), ensure_ascii=False).encode())
        for name, values in _parts(run, seen, charted):
            part = io.BytesIO()
            np.save(part, values, allow_pickle=False)
            _add(file, f"{name}.npy", part.getvalue())
    return write_whole(target, buffer.getvalue())


def _add(file: zipfile.ZipFile, name: str, content: bytes) -> None:
    # no time of day in it, so that one result is always the same bytes
    file.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, compresslevel=1)


def _about(run: Run, seen: Seen, charted: Mapping[str, Prices], fingerprint: str) -> dict[str, Any]:
    feed = run.feed
    return {
        "format": FORMAT,
        "version": VERSION,
        "simcore": version("simcore"),
        "fingerprint": fingerprint,
        **{name: getattr(run, name) for name in _LISTED},
        "broker": run.broker.model_dump(mode="json", exclude_unset=True),
        "instruments": [i.model_dump(mode="json", exclude_unset=True) for i in run.instruments],
        "account": {name: _number(x) for name, x in run.account.items()},
        "totals": {name: _number(x) for name, x in run.totals.items()},
        "tags": {str(number): run.tags[number] for number in sorted(_tags(run) & run.tags.keys())},
        "symbols": list(feed.symbols),
        "timeframes": feed.timeframes,
        "prints_only": sorted(feed.prints_only),
        "rows": len(feed),
        "start": feed.start,
        "end": feed.end,
        "first": list(seen.first),
        "charted": [
            {**_measured(charted[symbol]), "columns": list(charted[symbol].columns)} for symbol in feed.symbols
        ],
    }


def _tags(run: Run) -> set[int]:
    """Those that were used: the process may know others."""
    t = run.tables
    return set(np.concatenate([t["fills"]["tag"], t["trades"]["tag"], t["changes"]["order"]["tag"]]).tolist())


def _measured(prices: Prices) -> dict[str, Any]:
    counted = {name: getattr(prices, name) for name in _COUNTED}
    return {
        **counted,
        **{name: _number(getattr(prices, name)) for name in _TIMED},
        "spread": [*map(_number, prices.spread)],
    }


def _number(x: float) -> float | str:
    """A number as JSON has it; those it has not are their names, which float() reads."""
    return x if math.isfinite(x) else str(x)


def _parts(run: Run, seen: Seen, charted: Mapping[str, Prices]) -> Iterator[tuple[str, Array]]:
    for name, table in run.tables.items():
        yield f"tables/{name}", table
    yield "rules", np.frombuffer(run.rules, np.uint8)
    yield "state", np.frombuffer(run.state, np.uint8)
    yield "terms/head", np.atleast_1d(seen.terms.rules)
    yield "terms/rows", seen.terms.rows
    for name in ("times", "low", "high"):
        yield f"seen/{name}", getattr(seen, name)
    if seen.bars is not None:
        yield "seen/bars", seen.bars
    for k, (bid, ask) in seen.quotes.items():
        yield f"quotes/{k}", np.stack([bid, ask])
    for k, symbol in enumerate(run.feed.symbols):
        one = charted[symbol]
        yield f"prices/{k}/ts", one.ts
        for name, column in one.columns.items():
            yield f"prices/{k}/columns/{name}", column


def load(path: str | os.PathLike[str]) -> tuple[Run, Seen, str]:
    """Read what `save` wrote: the run, what was seen of its ticks, its fingerprint. Raises ResultError."""
    source = Path(path)
    if not source.is_file():
        what = "is a folder" if source.is_dir() else "does not exist"
        raise ResultError(f"{source} {what}; name a file that Result.save wrote")
    try:
        with zipfile.ZipFile(source) as file:
            about = json.loads(file.read(ABOUT))
            _check(source, about)
            parts = {
                name.removesuffix(".npy"): np.load(io.BytesIO(file.read(name)), allow_pickle=False)
                for name in file.namelist()
                if name.endswith(".npy")
            }
            told = json.loads(file.read(EXPLAINED)) if EXPLAINED in file.namelist() else {}  # older files have none
            return _run(source, about, parts, told), _seen(about, parts), str(about["fingerprint"])
    except ResultError:
        raise
    except zipfile.BadZipFile as error:
        whole = "no result" if str(error) == "File is not a zip file" else "damaged"
        raise ResultError(f"{source} is {whole} ({error}); save the result again, or take another copy") from error
    except OSError as error:
        raise ResultError(f"{source} could not be read: {(error.strerror or str(error)).lower()}") from error
    except Exception as error:  # whatever a broken part makes of the reading
        text = f"{type(error).__name__}: {error}".splitlines()[0]
        raise ResultError(f"{source} is damaged ({text}); save the result again, or take another copy") from error


def _check(source: Path, about: Any) -> None:
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise ResultError(f"{source} is no result: Result.save did not write it")
    if about["version"] > VERSION:
        raise ResultError(
            f"{source} was written by simcore {about.get('simcore')} as version {about['version']} of the file, this "
            f"one reads up to {VERSION}; update simcore"
        )


def _explained(told: Mapping[str, Any]) -> Explained:
    orders, instants = ({int(n): str(x) for n, x in told.get(name, {}).items()} for name in ("orders", "instants"))
    return Explained(orders, instants, str(told.get("why", "")))


def _run(source: Path, about: dict[str, Any], parts: Mapping[str, Array], told: Mapping[str, Any]) -> Run:
    kept = {symbol: _prices(k, about["charted"][k], parts) for k, symbol in enumerate(about["symbols"])}
    feed = KeptFeed(
        str(source),
        tuple(about["symbols"]),
        about["timeframes"],
        frozenset(about["prints_only"]),
        about["rows"],
        about["start"],
        about["end"],
        kept,
        {one["symbol"]: Quality.from_dict(one) for one in about.get("quality", ())},  # older files have none
        _explained(told),
    )
    return Run(
        **{name: about[name] for name in _LISTED},
        broker=Broker(**about["broker"]),
        instruments=[Instrument(**given) for given in about["instruments"]],
        feed=feed,
        tables={name: _table(parts[f"tables/{name}"], dtype) for name, dtype in TABLES.items()},
        account={name: float(x) for name, x in about["account"].items()},
        totals={name: float(x) for name, x in about["totals"].items()},
        rules=parts["rules"].tobytes(),
        state=parts["state"].tobytes(),
        tags={int(number): text for number, text in about["tags"].items()},
    )


def _prices(k: int, told: dict[str, Any], parts: Mapping[str, Array]) -> Prices:
    columns = {name: parts[f"prices/{k}/columns/{name}"] for name in told["columns"]}
    median, widest = told["spread"]
    rows, first, last = (int(told[name]) for name in _COUNTED)
    usual, longest = (float(told[name]) for name in _TIMED)
    return Prices(
        ts=parts[f"prices/{k}/ts"],
        columns=columns,
        rows=rows,
        first=first,
        last=last,
        usual=usual,
        longest=longest,
        spread=(float(median), float(widest)),
    )


def _table(given: Array, dtype: np.dtype[Any]) -> Array:
    """A table as it is now: what an older simcore did not tell yet is zero."""
    if given.dtype == dtype:
        return given
    table = np.zeros(given.size, dtype)
    for name in set(given.dtype.names or ()) & set(dtype.names or ()):
        old, new = given.dtype[name], dtype[name]
        table[name] = _table(given[name], new) if new.names and old != new else given[name]
    return table


def _seen(about: dict[str, Any], parts: Mapping[str, Array]) -> Seen:
    quotes = {int(name.removeprefix("quotes/")): pair for name, pair in parts.items() if name.startswith("quotes/")}
    return Seen(
        terms=Terms(parts["terms/head"][0], parts["terms/rows"]),
        splits=Splits(parts["tables/events"]),
        times=parts["seen/times"],
        quotes={k: (pair[0], pair[1]) for k, pair in quotes.items()},
        low=parts["seen/low"],
        high=parts["seen/high"],
        first=(about["first"][0], float(about["first"][1])),
        bars=parts.get("seen/bars"),
    )
