"""`simcore scenario FILE...`: play scenario files and say of each whether everything was as expected."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Annotated, Any

import typer


def command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Scenario files (JSON).", show_default=False)],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print every event the engine made and the account after each step.")
    ] = False,
) -> None:
    """Play scenario files and check what they expect.

    A file has `broker`, `cash`, `instruments`, `events` and, as free text, `why`. An event has its `ts` and one of:
    quote, print, bar, split, dividend, deposit (the market and the cash); submit, modify, cancel, close, close_by (the
    trader); expect (account, order, position, events).

    Exit code 1 where an expectation fails, 2 where a file is malformed; the other files are played all the same.
    """
    outcomes = [_play(file, quiet=as_json) for file in files]
    if as_json:
        passed = all(one["passed"] for one in outcomes)
        typer.echo(json.dumps({"passed": passed, "scenarios": outcomes}, indent=2))
    else:
        for one in outcomes:
            _print(one)
    if not all(one["passed"] for one in outcomes):
        raise typer.Exit(2 if any("error" in one for one in outcomes) else 1)


def _play(file: Path, quiet: bool) -> dict[str, Any]:
    """What came of one file, as JSON has it; `error` is the one line of a malformed file."""
    from simcore.cli.compiling import compile_kernel
    from simcore.scenario import ScenarioError, load_document, run_scenario

    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always")
        try:
            document = load_document(file)
            compile_kernel(quiet)
            run = run_scenario(document, name=str(file))
        except ScenarioError as error:
            return {"file": str(file), "passed": False, "error": str(error)}
    lines = [str(failure) for failure in run.failures]
    return {**run.to_dict(), "notes": [str(note.message) for note in notes], "lines": lines}


def _print(outcome: dict[str, Any]) -> None:
    """ok, or what was wrong with both values."""
    if "error" in outcome:
        typer.echo(f"simcore: {outcome['error']}", err=True)
        return
    for note in outcome["notes"]:
        typer.echo(f"{outcome['file']}: note: {note}", err=True)
    typer.echo(f"{outcome['file']}: {'ok' if outcome['passed'] else 'FAILED'}")
    for line in outcome["lines"]:
        typer.echo(f"  {line}")
