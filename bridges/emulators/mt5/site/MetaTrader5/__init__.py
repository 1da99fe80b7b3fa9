"""Stands for the MetaTrader5 package where this folder is on PYTHONPATH: the emulator that SIMCORE_MT5 names."""

import sys

from bridges.emulators.mt5.module import install
from bridges.emulators.mt5.wire import attach

sys.modules[__name__] = install(attach())
