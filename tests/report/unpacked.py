"""What a page carries, read back as its script reads it."""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import Any

import numpy as np

MISSING = -(2**31)


class Carried:
    """The data of a page: charts by id, tables by id, and the columns they name."""

    def __init__(self, page: str) -> None:
        found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
        assert found is not None
        self.data: dict[str, Any] = json.loads(found[1])
        self.columns = unpack(self.data["packed"])
        self.charts = {chart["id"]: chart for chart in self.data["charts"]}
        self.tables = {table["id"]: table for table in self.data["tables"]}

    def layer(self, chart: str, name: str) -> dict[str, Any]:
        """A layer whose columns are named, as the columns themselves."""
        layer = next(one for one in self.charts[chart]["layers"] if one["name"] == name)
        names = ("x", "y", "x1", "y1", "bid", "ask", "open", "high", "low", "close", "rows")
        return {k: self.columns[v] if k in names and layer["kind"] != "level" else v for k, v in layer.items()}

    def names(self, chart: str) -> list[str]:
        """The layers of a chart."""
        return [layer["name"] for layer in self.charts[chart]["layers"]]

    def field(self, fields: list[dict[str, Any]], name: str) -> list[Any]:
        """A field of a table or a record, texts in place of their numbers."""
        one = next(field for field in fields if field["name"] == name)
        values = self.columns[one["at"]]
        return [self.columns[one["words"]][int(v)] for v in values] if "words" in one else list(values)


def unpack(packed: dict[str, Any]) -> list[Any]:
    """The columns, as columns.js reads them."""
    data = zlib.decompress(base64.b64decode(packed["blob"]))
    found: list[Any] = []
    at = 0
    for kind, count, digits in packed["columns"]:
        size = count if kind == "words" else count * (8 if kind == "float" else 4)
        part = data[at : at + size]
        at += size
        if kind == "words":
            found.append(json.loads(part))
            continue
        planes = np.frombuffer(part, np.uint8).reshape(8 if kind == "float" else 4, count)
        joined = np.ascontiguousarray(planes.T)
        if kind == "float":
            found.append(joined.view("<f8").ravel())
            continue
        steps = joined.view("<i4").ravel().astype(np.int64)
        known = steps != MISSING
        values = np.full(count, np.nan)
        values[known] = np.cumsum(steps[known]) / 10**digits
        found.append(values)
    return found
