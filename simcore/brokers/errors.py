"""One clear line for every setting that cannot be right: the field, the value, what to do.

Only malformed settings raise. What a broker would refuse is an order's REJECTED, never an exception.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import ValidationError


class ConfigError(ValueError):
    """A setting is unknown, of the wrong type, out of range or missing; the message is one line that says which."""


# pydantic's error type -> what we say; braces take the error's own context.
_SENTENCES: Final[dict[str, str]] = {
    "missing": "is required",
    "greater_than": "must be greater than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "finite_number": "must be a finite number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be a text",
    "string_pattern_mismatch": "must not be empty or contain spaces",
    "string_too_short": "must not be empty",
    "model_type": "must be a table of fields",
    "tuple_type": "must be a list",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "date_from_datetime_parsing": "must be a date like 2026-11-21",
    "date_type": "must be a date like 2026-11-21",
    "date_parsing": "must be a date like 2026-11-21",
}


def did_you_mean(name: object, allowed: Iterable[str]) -> str:
    """'did you mean ...?' with the nearest allowed name, else the list of the allowed ones."""
    names = sorted(allowed)
    folded = {n.lower(): n for n in names}
    near = difflib.get_close_matches(str(name).lower(), folded, n=1, cutoff=0.6)
    if near:
        return f"did you mean {folded[near[0]]!r}?"
    shown = names if len(names) <= 40 else [*names[:40], "..."]
    return f"known: {', '.join(shown)}" if names else "none is known"


def one_line(subject: str, error: ValidationError) -> str:
    """The first mistake in words, and the names of the other fields that are wrong too."""
    mistakes = error.errors(include_url=False)
    first = mistakes[0]
    field = _field(first)
    others = sorted({_field(m) for m in mistakes[1:]} - {field, ""})
    also = f" (wrong too: {', '.join(others)})" if others else ""
    return f"{subject}: {_sentence(field, first)}{also}"


def _sentence(field: str, mistake: Mapping[str, Any]) -> str:
    kind, context = mistake["type"], mistake.get("ctx", {})
    if kind == "unknown_field":
        return f"unknown field {field!r} = {shown(context['value'])}; {context['hint']}"
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", context["expected"])
        what = f"must be one of {', '.join(allowed)}"
        hint = did_you_mean(mistake["input"], allowed)
        what += f"; {hint}" if hint.startswith("did") else ""
    elif kind == "value_error":
        what = str(context["error"])
    else:
        what = _SENTENCES.get(kind, mistake["msg"]).format(**context)
    if not field:
        return what
    return f"{field} {what}" if kind == "missing" else f"{field} = {shown(mistake['input'])}: {what}"


def _field(mistake: Mapping[str, Any]) -> str:
    """The dotted field name; tags of alternatives, written <so>, and of keys are no part of it."""
    parts = [str(p) for p in mistake["loc"] if not str(p).startswith(("<", "[key"))]
    if mistake["type"] == "unknown_field":
        parts.append(str(mistake["ctx"]["name"]))
    return ".".join(parts)


def shown(value: object) -> str:
    """repr, cut to what fits on a line."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
