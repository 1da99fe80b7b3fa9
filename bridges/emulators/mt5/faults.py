"""What can go wrong between a bot and its broker, made to happen at a call of one's choice.

A fault names a function, the call of it that it strikes (counted from 1; 0 strikes every one), how many calls in a row,
and what happens. They come from Python or from a TOML file of [[fault]] tables.

lost_reply     the terminal does what was asked, the answer never comes: None, IPC timeout
lost_request   nothing was done, and no answer
refused        order_send answers `retcode` and does nothing (10004 requote, 10021 price off, 10024 too many ...)
disconnected   no connection to the terminal: every function answers None
restarted      the terminal was closed and opened: initialize is needed again
mute           prices stand still for the caller while the account lives on
hidden         what the last request made is not listed yet (orders, positions, history)
doubled        deals of the history come twice; `reversed`: newest first
shifted        the server's clock is wrong by `seconds`
cut            the server keeps the first `keep` letters of every comment from now on
no_trading     the AutoTrading button is off (10027)
outside        somebody else acts: `act` is close, cancel, deposit (of `amount`)
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from bridges.emulators.mt5.module import NAMES
from bridges.emulators.mt5.retcodes import COMMENTS
from simcore.brokers.errors import ConfigError, did_you_mean

KINDS: Final = (
    "lost_reply", "lost_request", "refused", "disconnected", "restarted", "mute", "hidden", "doubled", "reversed",
    "shifted", "cut", "no_trading", "outside",
)  # fmt: skip
ACTS: Final = ("close", "cancel", "deposit")
WORDS: Final = {str: "text", int: "whole number", float: "number"}
DEALS: Final = ("history_deals_get", "history_orders_get")
ONLY: Final = {  # what happens to some functions alone
    "refused": ("order_send",),
    "doubled": DEALS,
    "reversed": DEALS,
    "hidden": ("orders_get", "positions_get", *DEALS),
}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that goes wrong: `what`, at which calls of `function` ("*": any)."""

    what: str
    function: str = "*"
    call: int = 1
    times: int = 1
    retcode: int = 10004
    seconds: float = 0.0
    keep: int = 9
    act: str = "close"
    amount: float = 0.0

    def __post_init__(self) -> None:
        self._check_kinds()
        if self.what not in KINDS:
            raise ConfigError(f"what = {self.what!r} is none that can happen; {did_you_mean(self.what, KINDS)}")
        if self.function != "*" and self.function not in NAMES:
            raise ConfigError(
                f"function = {self.function!r} is none of the package; {did_you_mean(self.function, NAMES)}"
            )
        only = ONLY.get(self.what, NAMES)
        if self.function not in ("*", *only):
            raise ConfigError(f"{self.what} never happens to {self.function}, but to {', '.join(only)}")
        if self.act not in ACTS:
            raise ConfigError(f"act = {self.act!r} must be one of {', '.join(ACTS)}")
        if self.retcode not in COMMENTS:
            raise ConfigError(f"retcode = {self.retcode} is none a trade server has: 10004 to 10046")
        for name, least in (("call", 0), ("times", 1), ("keep", 0)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} = {getattr(self, name)} must be {least} or more")

    def _check_kinds(self) -> None:
        """Every value in its kind: numbers where numbers are asked for."""
        for one in fields(self):
            value, wanted = getattr(self, one.name), type(one.default) if one.default is not MISSING else str
            good = isinstance(value, int | float) if wanted is float else isinstance(value, wanted)
            if not good or isinstance(value, bool):
                raise ConfigError(f"{one.name} = {value!r} must be a {WORDS[wanted]}")

    def strikes(self, function: str, call: int) -> bool:
        """Whether it happens at this call."""
        if self.function not in ("*", function):
            return False
        return self.call == 0 or self.call <= call < self.call + self.times


@dataclass
class Faults:
    """A plan of faults, and how often each function was called so far."""

    plan: list[Fault] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)

    def strike(self, function: str) -> list[Fault]:
        """Count one call; what goes wrong with it."""
        for name in (function, "*"):
            self.calls[name] = self.calls.get(name, 0) + 1
        return [one for one in self.plan if one.strikes(function, self.calls["*" if one.function == "*" else function])]

    @classmethod
    def of(cls, tables: Iterable[Mapping[str, Any]], place: str = "faults") -> Faults:
        """Faults from plain tables; ConfigError names the table and the key."""
        names = [one.name for one in fields(Fault)]
        plan = []
        for number, table in enumerate(tables, 1):
            for key in table:
                if key not in names:
                    raise ConfigError(f"{place}: fault {number}: unknown key {key!r}; {did_you_mean(key, names)}")
            if "what" not in table:
                raise ConfigError(f"{place}: fault {number}: says not what happens; give what = one of {KINDS}")
            try:
                plan.append(Fault(**table))
            except ConfigError as error:
                raise ConfigError(f"{place}: fault {number}: {error}") from None
        return cls(plan)

    @classmethod
    def read(cls, path: str | Path) -> Faults:
        """Faults from a TOML file of [[fault]] tables."""
        try:
            found = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{path}: is not TOML: {error}") from error
        strange = [key for key in found if key != "fault"]
        if strange:
            raise ConfigError(f"{path}: unknown key {strange[0]!r}; a plan holds [[fault]] tables")
        tables = found.get("fault", [])
        if not isinstance(tables, list) or not tables or not all(isinstance(one, dict) for one in tables):
            raise ConfigError(f"{path}: holds no [[fault]] table, so nothing would go wrong")
        return cls.of(tables, str(path))
