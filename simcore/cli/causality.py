"""`simcore causality STRATEGY --data FILE... --symbol NAME`: whether a strategy, or a function of data, looks ahead."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from simcore.cli.given import Given, reads

Instants = Annotated[int, typer.Option("--instants", min=1, help="After how many the future is changed.")]
Seed = Annotated[int, typer.Option("--seed", help="Of the other futures.")]


@reads(functions=True)
def command(given: Given, instants: Instants = 20, seed: Seed = 0) -> None:
    """Change the future after some instants, and see whether anything that was decided before comes out otherwise.

    STRATEGY may be a function, file.py:name. Of one symbol it is given a pandas frame, of several a dict of them, and
    answers with a value a row (signals, an indicator), with a strategy or a result. Exit code 1 where it looks ahead.

    simcore causality mine.py:Trend --data eurusd.csv --symbol EURUSD -p fast=10
    """
    from simcore.cli.show import print_json
    from simcore.progress.bar import progress_bar
    from simcore.research.causality import causality
    from simcore.strategy.find import read_parameters

    subject: Any = given.strategy
    rows: Any = given.data
    if isinstance(subject, type):
        subject = subject(**read_parameters(given.strategy, given.texts))
    else:
        frames = {name: (one.read() if hasattr(one, "read") else one).to_pandas() for name, one in rows.items()}
        rows = next(iter(frames.values())) if len(frames) == 1 else frames
    with progress_bar("looking for a look ahead", quiet=given.as_json, unit="instants") as tell:
        found = causality(subject, rows, instants=instants, seed=seed, progress=tell, **given.account)
    print_json(found.to_dict()) if given.as_json else typer.echo(found.text)
    if not found:
        raise typer.Exit(1)
