"""`simcore report RUN...`: the HTML page of saved results and of sessions, or one page that compares them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simcore.cli import options as o

if TYPE_CHECKING:
    from simcore.report.compare import Named
    from simcore.result import Result


def command(
    run: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Files that `backtest --save` wrote, or folders of sessions.")
    ],
    compare: Annotated[
        list[Path] | None, typer.Option("--compare", metavar="RUN", help="Runs to lay beside it, on one page.")
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Where the page goes; a folder for several runs; else RUN.html."),
    ] = None,
    benchmark: Annotated[
        str | None,
        typer.Option("--benchmark", metavar="NAME", help="Draw with the equity: hold, or one of the run's symbols."),
    ] = None,
    as_json: o.AsJson = False,
) -> None:
    """Write the HTML report of saved runs and of paper or live sessions, or compare them.

    simcore report slow.simcore --compare fast.simcore careful.simcore --html three.html
    """
    if compare:
        _compare([*run, *compare], html, benchmark, as_json)
    else:
        _each(run, html, benchmark, as_json)


def _each(files: Sequence[Path], html: Path | None, benchmark: str | None, as_json: bool) -> None:
    """A page a run."""
    from simcore.cli.show import plain, print_json, print_result

    targets = _targets(files, html, as_json)
    told = []
    for file, target in zip(files, targets, strict=True):
        result = _result(file)
        written = result.report(target, benchmark=benchmark) if target else None
        if as_json:
            told.append({**_json(result), "run": str(file), "report": plain(str(written) if written else None)})
            continue
        print_result(result, f"{result.run.strategy} of {file.name}")
        typer.echo(f"\nreport {written}")
    if as_json:
        print_json(told[0] if len(told) == 1 else told)


def _result(place: Path) -> Result:
    """What a file holds, or what came of the session in a folder."""
    from simcore.cli.verify import load as load_strategy
    from simcore.live.errors import SessionError
    from simcore.live.folder import SESSION
    from simcore.live.outcome import outcome
    from simcore.result import load

    if not (place / SESSION).is_file():
        return load(place)
    found = outcome(place, load_strategy)
    if found is None:
        raise SessionError(f"{place}: no price has come yet, so there is nothing to report")
    return found


def _targets(files: Sequence[Path], html: Path | None, as_json: bool) -> list[Path | None]:
    """Where each page goes."""
    if html is None:
        return [None if as_json else Path(f"{file.stem}.html") for file in files]
    if len(files) > 1 and not html.is_dir():
        raise typer.BadParameter(f"{html} is no folder; with several runs name one that exists", param_hint="--html")
    return [html / f"{file.stem}.html" if html.is_dir() else html for file in files]


def _compare(files: Sequence[Path], html: Path | None, benchmark: str | None, as_json: bool) -> None:
    """One page of all runs, the first one what the others are measured against."""
    from simcore.cli.show import print_json
    from simcore.report.compare import report
    from simcore.run.reporting import named

    results = [_result(file) for file in files]
    runs = named(results, _names(files), benchmark)
    target = html or (None if as_json else Path(f"{files[0].stem}-compared.html"))
    if target and target.is_dir():
        target = target / f"{files[0].stem}-compared.html"
    written = report(target, runs) if target else None
    if as_json:
        print_json(_compared(results, runs, written))
        return
    _print(runs)
    typer.echo(f"\nreport {written}")


def _names(files: Sequence[Path]) -> list[str]:
    """The files' names without their endings; numbered where two are alike."""
    stems = [file.stem for file in files]
    return [f"{stem} {n + 1}" if stems.count(stem) > 1 else stem for n, stem in enumerate(stems)]


def _json(result: Result) -> dict[str, Any]:
    from simcore.cli.show import rows
    from simcore.run.reporting import parts_of

    return {
        "stats": result.stats,
        "account": result.account,
        "fingerprint": result.fingerprint,
        "overfitting": result.overfitting().figures(),
        "earned": {by: rows(frame) for by, frame in parts_of(result).items()},
    }


def _compared(results: Sequence[Result], runs: Sequence[Named], written: Path | None) -> dict[str, Any]:
    from simcore.report.compare import difference, differing

    first = runs[0].run.stats
    return {
        "runs": [{"name": one.name, **_json(result)} for one, result in zip(runs, results, strict=True)],
        "differences": {
            one.name: {str(key): difference(value, first.get(key)) for key, value in one.run.stats.items()}
            for one in runs[1:]
        },
        "rules": [
            {"group": rule.group, "name": rule.name, "values": [value or None for value in rule.values]}
            for rule in differing(runs)
        ],
        "report": str(written) if written else None,
    }


def _print(runs: Sequence[Named]) -> None:
    """What differs, first the rules and then the figures."""
    from rich.console import Console
    from rich.table import Table

    from simcore.report import display
    from simcore.report.compare import differing

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for n, name in enumerate(["", *(one.name for one in runs)]):
        table.add_column(name, justify="right" if n else "left")
    for rule in differing(runs):
        table.add_row(f"{rule.group}: {rule.name}", *(value or display.NONE for value in rule.values))
    keys = dict.fromkeys(str(key) for one in runs for key in one.run.stats.index)
    for key in keys:
        texts = [
            display.value_text(key, one.run.stats.get(key), one.run.currency, one.run.money_digits) for one in runs
        ]
        if len(set(texts)) > 1:
            table.add_row(display.label(key), *texts)
    Console().print(table if table.rows else "the runs are the same")
