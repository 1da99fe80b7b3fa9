"""The module a bot imports: `MetaTrader5`, with every function, constant and record of the package.

`install(terminal)` puts it into sys.modules, so that `import MetaTrader5` anywhere afterwards finds it, `uninstall`
takes it out again. The functions are objects without `__get__`, like the package's own: kept as attributes of a class
they do not become methods. One lock stands for the package's one connection.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from bridges.emulators.mt5 import constants, shortcuts
from bridges.emulators.mt5.structs import STRUCTS

if TYPE_CHECKING:
    from bridges.emulators.mt5.terminal import Terminal

VERSION: Final = "5.0.6231"
NAMES: Final = (
    "initialize", "login", "shutdown", "version", "last_error", "terminal_info", "account_info", "symbols_total",
    "symbols_get", "symbol_info", "symbol_info_tick", "symbol_select", "market_book_add", "market_book_get",
    "market_book_release", "copy_rates_from", "copy_rates_from_pos", "copy_rates_range", "copy_ticks_from",
    "copy_ticks_range", "orders_total", "orders_get", "order_calc_margin", "order_calc_profit", "order_check",
    "order_send", "positions_total", "positions_get", "history_orders_total", "history_orders_get",
    "history_deals_total", "history_deals_get",
)  # fmt: skip
CONSTANTS: Final = {name: value for name, value in vars(constants).items() if name.isupper()}

Ask = Callable[[str, tuple[Any, ...], dict[str, Any]], Any]  # name, arguments by place, arguments by name


class Function:
    """One function of the module; callable, and never a method of the class that keeps it."""

    def __init__(self, name: str, ask: Ask) -> None:
        self.__name__, self._ask = name, ask

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self._ask(self.__name__, given, named)

    def __repr__(self) -> str:
        return f"<built-in function {self.__name__}>"


def make_module(ask: Ask) -> ModuleType:
    """A module whose functions are answered by `ask`: a terminal in this process, or one at the end of a wire."""
    module = ModuleType("MetaTrader5", "MetaTrader 5 on recorded ticks: simcore's emulator of the MetaTrader5 package.")
    core = ModuleType("MetaTrader5._core")
    functions = {name: Function(name, ask) for name in NAMES}
    core.__dict__.update(functions | STRUCTS)
    module.__dict__.update(CONSTANTS | functions | STRUCTS | shortcuts.of(functions))
    module.__dict__.update({"__version__": VERSION, "__author__": "simcore", "__path__": [], "_core": core})
    return module


def module_of(terminal: Terminal) -> ModuleType:
    """The module over a terminal of this process."""
    from bridges.emulators.mt5.calls import Call  # the account behind it, which a bot at the end of a wire has not

    return make_module(Call(terminal))


def install(target: Terminal | ModuleType) -> ModuleType:
    """Make `import MetaTrader5` find the emulator; returns the module."""
    module = target if isinstance(target, ModuleType) else module_of(target)
    sys.modules["MetaTrader5"], sys.modules["MetaTrader5._core"] = module, module._core
    return module


def uninstall() -> None:
    """Make `import MetaTrader5` look for the real package again."""
    for name in ("MetaTrader5", "MetaTrader5._core"):
        sys.modules.pop(name, None)
