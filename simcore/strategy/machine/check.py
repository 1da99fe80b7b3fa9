"""What plain Python refuses and numba would let pass: a float kept in an int field, text in a number's place.

numba would cut 2.7 to 2 without a word, and the two forms of the strategy would part. This pass looks at every store
into memory once its types are known, and refuses it with the method and the line.
"""

# mypy: allow-subclassing-any, allow-untyped-decorators, no-warn-return-any

from __future__ import annotations

from typing import Any

from numba.core import ir as numba_ir
from numba.core import types
from numba.core.compiler import Compiler
from numba.core.compiler_machinery import AnalysisPass, register_pass
from numba.core.typed_passes import NopythonTypeInference

from simcore.strategy.errors import StrategyError
from simcore.strategy.fields import Scalar
from simcore.strategy.machine.context import ContextType
from simcore.strategy.machine.emit import LocatedContext
from simcore.strategy.machine.errors import MIXED_DICT, in_words
from simcore.strategy.machine.kinds import ArrayType, RecordType
from simcore.strategy.machine.views import NameType, ViewType
from simcore.strategy.stores import misfit


@register_pass(mutates_CFG=False, analysis_only=True)
class _CheckStores(AnalysisPass):
    _name = "simcore_check_stores"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        for block in state.func_ir.blocks.values():
            for statement in block.body:
                cause = _refusal(statement, state.typemap)
                if cause:
                    place = ".".join(state.func_id.func_qualname.split(".")[-2:])
                    raise StrategyError.at(place, statement.loc.line, in_words(cause))
        return False


class StrategyCompiler(Compiler):
    """numba's compiler with our check after its type inference, and errors that know their line."""

    def __init__(self, *arguments: Any, **given: Any) -> None:
        super().__init__(*arguments, **given)
        self.state.targetctx.__class__ = LocatedContext  # a copy made for this compilation alone

    def define_pipelines(self) -> list[Any]:
        pipelines = super().define_pipelines()
        for pipeline in pipelines:
            pipeline.add_pass_after(_CheckStores, NopythonTypeInference)
            pipeline.finalize()
        return pipelines


def _refusal(statement: Any, typemap: dict[str, Any]) -> str | None:
    if isinstance(statement, numba_ir.SetAttr):
        target = typemap[statement.target.name]
        if isinstance(target, ContextType | ViewType):
            return f"{target}.{statement.attr} cannot be assigned; ctx only shows and acts"
        if not isinstance(target, RecordType):
            return None
        field = target.cls.__fields__[statement.attr]
        if not isinstance(field, Scalar):
            return f"self.{statement.attr} cannot be replaced; set its elements or call its methods"
        return _mismatch(f"self.{statement.attr}", field.kind, typemap[statement.value.name])
    if isinstance(statement, numba_ir.SetItem | numba_ir.StaticSetItem):
        target = typemap[statement.target.name]
        if isinstance(target, ArrayType):
            return _mismatch(f"{target.place}[...]", target.kind, typemap[statement.value.name])
    if isinstance(statement, numba_ir.Assign) and getattr(statement.value, "op", "") == "build_map":
        sides = zip(*statement.value.items, strict=True)  # keys, values
        if any(_is_mixed([types.unliteral(typemap[one.name]) for one in side]) for side in sides):
            return MIXED_DICT  # numba would say so after ten seconds
    return None


def _is_mixed(kinds: list[Any]) -> bool:
    return len(set(kinds)) > 1 and not all(isinstance(kind, types.Number) for kind in kinds)


def _mismatch(name: str, kind: type, value: Any) -> str | None:
    value = types.unliteral(value)
    if kind is int and isinstance(value, types.Float):
        return misfit("a float", name, kind)
    if isinstance(value, NameType) and value.ints and kind is int:
        return None  # a tag
    if not isinstance(value, types.Number | types.Boolean) and kind is not bool:
        shown = "None" if isinstance(value, types.NoneType | types.Optional) else f"a {value}"
        return misfit(shown, name, kind)
    return None
