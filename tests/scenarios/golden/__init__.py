"""Every event of every scenario as readable text, so that a change of behaviour shows as a diff.

Regenerate with `python -m tests.scenarios.golden`, and read the diff before you commit it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simcore.scenario import ScenarioRun, load_document, run_scenario
from simcore.scenario.fields import text_of_time

FOLDER = Path(__file__).parent
SCENARIOS = FOLDER.parent
MONEY = ("balance", "equity", "used_margin", "free_margin")


def files() -> list[Path]:
    """Every scenario, by name."""
    return sorted(SCENARIOS.glob("*.json"))


def golden(file: Path) -> Path:
    """The text that belongs to a scenario."""
    return FOLDER / f"{file.stem}.txt"


def play(file: Path) -> ScenarioRun:
    """Play one scenario; its name in complaints is the file's."""
    return run_scenario(load_document(file), name=file.name)


def text_of(run: ScenarioRun) -> str:
    """One line an event of the file, then what the engine told, then the account where it changed."""
    lines = []
    before: dict[str, float] = {}
    for step in run.steps:
        lines.append(f"{step.number:3}  {text_of_time(step.ts)}  {step.kind}")
        lines += [f"     {line(told)}" for told in step.events]
        account = {name: step.account[name] for name in MONEY}
        if account != before:
            lines.append("     = " + "  ".join(f"{name} {value:,.2f}" for name, value in account.items()))
        before = account
    return "\n".join(lines) + "\n"


def line(told: dict[str, Any]) -> str:
    """One event, what is not set left out."""
    hidden = ("type", "ts", "balance", "equity", "used_margin", "margin_level")
    fields = [f"{name}={written(value)}" for name, value in told.items() if name not in hidden and is_set(value)]
    return f"{text_of_time(told['ts'])[11:]} {told['type']} {' '.join(fields)}"


def is_set(value: Any) -> bool:
    """None, 0 and False say nothing."""
    return value not in (None, 0, False)


def written(value: Any) -> str:
    """A number without float noise; a sentence in quotes."""
    if isinstance(value, bool):
        return "yes"
    if isinstance(value, float):
        return f"{value:.8f}".rstrip("0").rstrip(".")
    return f'"{value}"' if " " in str(value) else str(value)
