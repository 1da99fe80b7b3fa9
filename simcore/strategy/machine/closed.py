"""Machine code that closes over what it calls: of a cache file other code sees only what it is named for.

numba names a function after its module, its name and a number that counts functions in one process. Two files made by
two processes may so hold different functions of one name; both show them, and a third process that reads both files
would call the first for the second: one strategy's handlers in place of another's.
"""

# mypy: allow-subclassing-any, allow-untyped-decorators, no-warn-return-any

from __future__ import annotations

from typing import Any

from llvmlite import binding as llvm
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.compiler_machinery import AnalysisPass, register_pass
from numba.core.typed_passes import NopythonTypeInference


class _ClosedLibrary(JITCodeLibrary):
    """What was linked in stays inside; its own functions are seen."""

    def _optimize_final_module(self) -> None:
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage == llvm.Linkage.linkonce_odr:
                function.linkage = "internal"
        super()._optimize_final_module()


@register_pass(mutates_CFG=False, analysis_only=True)
class _UseClosedLibrary(AnalysisPass):
    _name = "simcore_use_closed_library"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        state.library = _ClosedLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return False


class ClosedCompiler(Compiler):
    """numba's compiler for what is kept in a file of its own."""

    def define_pipelines(self) -> list[Any]:
        pipelines = super().define_pipelines()
        for pipeline in pipelines:
            pipeline.add_pass_after(_UseClosedLibrary, NopythonTypeInference)
            pipeline.finalize()
        return pipelines
