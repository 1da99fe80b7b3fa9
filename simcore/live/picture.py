"""A live session and its prediction as a page: `Against` as the frames that simcore.report.session draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import polars as pl

from simcore.live.against import CAUSES, Against
from simcore.report import session

UTC: Final = pl.Datetime("ns", "UTC")
TIMES: Final = ("decided", "filled", "heard", "expected")
NUMBERS: Final = ("qty", "predicted", "price", *CAUSES)
FILLS: Final = {"order": pl.Int64, "symbol": pl.String, "side": pl.Int64} | dict.fromkeys(NUMBERS, pl.Float64)
MARGINS: Final = {"ts": pl.Int64, "symbol": pl.String} | dict.fromkeys(
    ("qty", "alone", "own_alone", "after", "own_after"), pl.Float64
)
FIGURES: Final = ("balance", "equity", "used_margin")


def write(path: Path, found: Against, about: Mapping[str, Any]) -> Path:
    """Write the page of a session, told of by its session.json; WriteError where it cannot be written."""
    return session.report(path, compared(found, about))


def compared(found: Against, about: Mapping[str, Any]) -> session.Compared:
    """The frames."""
    at = about.get("server") or "the broker"
    theirs, ours = (
        pl.DataFrame({name: rows[name] for name in ("ts", "equity", "used_margin")}, schema_overrides={"ts": UTC})
        for rows in found.samples
    )
    said = dict.fromkeys((*FIGURES, *(f"own_{name}" for name in FIGURES)), pl.Float64)
    fills = pl.DataFrame(list(map(asdict, found.fills)), schema=FILLS | dict.fromkeys(TIMES, pl.Int64))
    decided = pl.when(pl.col("decided") > 0).then(pl.col("decided"))
    return session.Compared(
        title=f"{about['strategy']['name']} at {at}: the session and its prediction",
        currency=about["broker"]["currency"],
        money_digits=int(about["broker"]["money_digits"]),
        fills=fills.with_columns(decided).with_columns(pl.col(TIMES).cast(UTC)),
        theirs=theirs,
        ours=ours,
        figures=pl.DataFrame(found.figures, schema={"ts": pl.Int64, **said}).with_columns(pl.col("ts").cast(UTC)),
        margins=pl.DataFrame(found.margins, schema=MARGINS),
        alone={"the broker": found.only_broker, "the prediction": found.only_predicted},
    )
