"""What the compiler says, in one sentence: `Class.method, line N: cause`.

numba's own messages name types of many thousand characters. The cause is looked up in a table of the usual mistakes;
what the table does not know is told in numba's first line, without its types.
"""

from __future__ import annotations

import re
from types import TracebackType
from typing import Any

from numba.core import errors
from numba.core.ir import Loc

from simcore.strategy.errors import CauseError, StrategyError

# what numba's message says -> what to tell, and do; the first that matches. Groups of the pattern may be used.
_CAUSES = (
    (r"NameError: name '(\w+)' is not defined", r"the name {0} is not defined"),
    (r"[Gg]lobal name '(\w+)'|NameError.*'(\w+)'", r"{0} cannot be used in compiled code; only numbers, strings, functions and math/numpy can"),
    (r"super\b|__class__", "super() cannot be compiled; put what both classes do into a method with a name of its own and call that"),
    (r"Use of unsupported opcode|does not support the use of (.+?)[\n.]", "this statement cannot be compiled{0}"),
    (r"cannot reflect|reflected list|list\(reflected|Invalid use of.*List", "a list of objects cannot be compiled; keep numbers in an sc.Array"),
    (r"Cannot unify (.+?) and (.+?) for '(\w+)", "{2} is once a {0} and once a {1}; give it one type"),
    (r"f-?string|format_value|\bstr\b.*format", "text cannot be formatted in compiled code"),
    (r"Unknown attribute '(\w+)'", "{0} is not known in compiled code"),
    (r"No implementation of function Function\(<(?:built-in )?(?:function|ufunc|class) ?'?([\w.]+)", "{0} cannot be compiled with these arguments"),
)  # fmt: skip


def translated(error: BaseException, cls: type) -> StrategyError:
    """The sentence for an error that compiling `cls` ended with."""
    if isinstance(error, StrategyError):
        return error
    method, line = _place(error)
    place = method or cls.__name__
    if isinstance(error, CauseError):
        return StrategyError.at(place, line, str(error))
    return StrategyError.at(place, line, _cause(error))


def _place(error: BaseException) -> tuple[str | None, int | None]:
    """The method and the line that were being compiled: the innermost of numba's frames that knows."""
    method, line = None, None
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        names = trace.tb_frame.f_locals
        owner = names.get("self")
        found: Any = getattr(owner, "loc", None)
        if isinstance(found, Loc) and found.line and "numba" not in str(found.filename).replace("\\\\", "/").split("/"):
            line = found.line
        identity = getattr(getattr(names.get("state"), "func_id", None), "func_qualname", None)
        if identity and not identity.endswith("entry"):
            method, line = ".".join(identity.split(".")[-2:]), None if identity != method else line
        trace = trace.tb_next
    return method, line


def _cause(error: BaseException) -> str:
    text = _plain(error)
    for pattern, sentence in _CAUSES:
        match = re.search(pattern, text)
        if match:
            groups = [group or "" for group in match.groups()] + ["", "", ""]
            return sentence.format(*groups)
    lines = [one.strip() for one in text.splitlines()]
    told = [one for one in lines if one and not one.startswith(("Failed in", "File ", "During", "-", ">"))]
    return f"cannot be compiled: {told[0][:200] if told else type(error).__name__}"


def _plain(error: BaseException) -> str:
    text = getattr(error, "msg", None) or str(error)
    return re.sub(r"\x1b\[[0-9;]*m", "", str(text))


def is_compiler_error(error: BaseException) -> bool:
    return isinstance(error, errors.NumbaError | CauseError | StrategyError)
