"""`simcore data VERB`: data in and out of a tick store. A verb `list` is the function `command` of `data_list`."""

from __future__ import annotations

from typing import Any, Final

import typer
from typer.core import TyperGroup

from simcore.cli import Verb

VERBS: Final = {  # verb -> what the list of verbs says
    "download": "Fetch what Dukascopy and Binance publish, into a folder or a store.",
    "import": "Read files of any format into a store; all of them or none.",
    "list": "List what a store holds.",
    "info": "Say what a store holds of one symbol, file by file.",
    "convert": "Write files, or a range of a store, in another format.",
    "resample": "Make bars of files, or of a range of a store.",
    "check": "Count the faults of files, or of a range of a store.",
    "prune": "Delete a range of a store.",
}


class DataVerbs(TyperGroup):
    """The verbs of the table."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        for name, help_ in VERBS.items():
            self.add_command(Verb(name, module=f"data_{name}", help=help_))


app = typer.Typer(cls=DataVerbs, no_args_is_help=True, add_completion=False)


@app.callback()
def data() -> None:
    """Keep ticks and bars in a store: Parquet files by symbol and day, read by range, replayed block by block."""
