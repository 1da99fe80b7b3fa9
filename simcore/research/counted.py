"""Every run of a study is a trial: its row in the ledger, written in bulk as the study goes on.

Rows of one study have the same `study`, a fingerprint of its code, data, account and what was tried.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from simcore.account import Conditions
from simcore.ledger.ledger import Ledger, keep
from simcore.ledger.measured import outcome, planned
from simcore.ledger.trial import Trial
from simcore.research.table import ERROR, Figures
from simcore.strategy.strategy import Strategy

KEPT: Final = (
    "Return [%]", "Equity Final [$]", "Max. Drawdown [%]", "# Trades", "Win Rate [%]", "Net Profit [$]",
    "Profit Factor (Money)", "Commissions [$]", "Swap [$]", "Margin Calls", "Stop Outs", "Fills",
)  # fmt: skip  # what a backtest's row in the ledger has


@dataclass(frozen=True)
class Counted:
    """Writes what came of combinations to a ledger."""

    ledger: Ledger
    plan: Trial

    @classmethod
    def of(
        cls, ledger: Ledger | None, kind: str, strategy: type[Strategy], conditions: Conditions, *tried: Any
    ) -> Counted | None:
        """None where there is no ledger. kind: one of simcore.ledger.trial.KINDS."""
        if ledger is None:
            return None
        c = conditions
        plan = planned(strategy(), c.feed, c.broker, c.instruments, c.cash, kind=kind)
        made = repr((kind, plan.code, plan.data, plan.rules, tried))
        return cls(ledger, replace(plan, study=hashlib.blake2b(made.encode(), digest_size=8).hexdigest()))

    def keep(self, found: Sequence[Figures]) -> None:
        """Write these runs, failed ones too."""
        keep(self.ledger, [self._trial(one) for one in found])

    def give_up(self, one: Figures) -> None:
        """Write a run that was not played to its end: a trial all the same, with the Sharpe ratio so far."""
        keep(self.ledger, [replace(self._trial(one), stats={}, days=None, returns=None)])

    def _trial(self, one: Figures) -> Trial:
        known = self.plan.parameters
        parameters = {**known, **{name: value for name, value in one.row.items() if name in known}}
        if one.row[ERROR] is not None:
            return replace(self.plan, parameters=parameters, error=str(one.row[ERROR]))
        stats: dict[str, Any] = {name: one.row[name] for name in KEPT if name in one.row}
        return replace(self.plan, parameters=parameters, **outcome(one.days, one.returns, stats, one.seconds))
