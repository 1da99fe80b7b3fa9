"""Scenarios: small files that say what happens to an account and what must come of it.

They are the shared language of tests, bug reports and broker statements: a broker, some cash, instruments, and events
in time order (quotes, orders, expectations). `run_scenario` plays one on the same compiled account that backtests and
live sessions use. A file is refused whole, with one line that names the event and the field, or played whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simcore.brokers.errors import ConfigError
from simcore.scenario.document import Scenario, load_document, read_document
from simcore.scenario.events import Close, Submit
from simcore.scenario.expectation import Failure
from simcore.scenario.fields import ScenarioError
from simcore.scenario.play import Player, ScenarioRun, Step

_ATTEMPTS = 8

__all__ = ["Failure", "ScenarioError", "ScenarioRun", "Step", "load_document", "run_scenario"]


def run_scenario(document: Mapping[str, Any], *, name: str = "scenario") -> ScenarioRun:
    """Play a scenario, as parsed from JSON; `name` begins every complaint about it.

    Raises ScenarioError for a document that is malformed. What a broker would refuse is an event of the run, and an
    expectation that fails is one of its `failures`.
    """
    scenario = read_document(document, name)
    ids = _guessed_ids(scenario)
    # an oco may name an order that is not sent yet, whose id depends on how many orders a close in between makes
    for _ in range(_ATTEMPTS):
        try:
            player = Player(scenario, ids)
        except ConfigError as error:
            raise ScenarioError(f"{name}: {error}") from None
        run = player.play()
        if all(ids[label] == player.given[label] for label in scenario.forward):
            return run
        ids = player.given
    raise ScenarioError(f"{name}: the ids of {', '.join(sorted(scenario.forward))} depend on one another through oco")


def _guessed_ids(scenario: Scenario) -> dict[str, int]:
    """The id each label gets if every close makes one order."""
    ids, last = {}, 0
    for event in scenario.events:
        if isinstance(event.body, Submit | Close):
            last += 1
        if isinstance(event.body, Submit) and event.body.label is not None:
            ids[event.body.label] = last
    return ids
