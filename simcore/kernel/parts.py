"""Functions as parts: lowered to LLVM's language, and left so.

Assumes nothing about trading. What links a part, the image of the account or a strategy's handlers, optimizes all of
its parts together and makes machine code of them once. By itself numba would do that for every function with all that
it calls, at every step of the way up: three times the time to compile, thirty times the code.
"""

import gc
from contextlib import contextmanager
from functools import cached_property

import llvmlite.binding as llvm
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.typed_passes import NativeLowering, NoPythonBackend, NopythonTypeInference, PreLowerStripPhis
from numba.core.types import Function
from numba.core.untyped_passes import FixupArgs, ReconstructSSA, TranslateByteCode


class Part(JITCodeLibrary):
    """The code of one function, to be linked and never run by itself."""

    def finalize(self):
        """Nothing more is added; numba asks for it before it links."""
        self._finalize_dynamic_globals()
        self._finalized = True

    @cached_property
    def module(self):
        """Its own code: what is linked twice counts once, and what nobody calls is left out."""
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage == llvm.Linkage.external:
                function.linkage = "linkonce_odr"
        return self._final_module

    @cached_property
    def closure(self):
        """Its own code and that of all it calls."""
        module = self.module.clone()
        link(self._linking_libraries, module, {self})
        return module

    def _get_module_for_linking(self):
        """What numba links into a library of its own kind."""
        return self.closure


def link(libraries, module, seen):
    """Link libraries and all that they call into a module, but for those in `seen`, which grows."""
    for library in libraries:
        if library not in seen:
            seen.add(library)
            of_ours = isinstance(library, Part)
            module.link_in(library.module if of_ours else library._get_module_for_linking(), preserve=True)
            link(library._linking_libraries if of_ours else (), module, seen)


@register_pass(mutates_CFG=True, analysis_only=False)
class _LowerOnly(NativeLowering):
    """Lowers a function into a Part."""

    _name = "simcore_lower_only"

    def run_pass(self, state):
        state.flags.no_compile = True
        state.library = Part(state.targetctx.codegen(), state.func_id.func_qualname)
        super().run_pass(state)
        key = [].append  # numba files a compiled function by a builtin of its own
        state["cr"] = state["cr"]._replace(cfunc=key)
        state.targetctx.insert_user_function(key, state["cr"].fndesc, [state.library])
        return True


class _Passes(PassManager):
    """Runs passes and nothing around them: numba writes down every record's fields before and after each."""

    def _runPass(self, index, pss, internal_state):
        pss.analysis = self._analysis
        pss.run_pass(internal_state)


class PartCompiler(CompilerBase):
    """numba's pipeline, as far as the kernel needs it: no closures, no arrays, no literals, nothing that is counted."""

    def define_pipelines(self):
        pipeline = _Passes("part")
        pipeline.add_pass(TranslateByteCode, "read the bytecode")
        pipeline.add_pass(FixupArgs, "count the arguments")
        pipeline.add_pass(ReconstructSSA, "a variable for every assignment")
        pipeline.add_pass(NopythonTypeInference, "types")
        pipeline.add_pass(PreLowerStripPhis, "remove phis")
        pipeline.add_pass(_LowerOnly, "lower")
        pipeline.add_pass(NoPythonBackend, "what was compiled")
        pipeline.finalize()
        return [pipeline]


@contextmanager
def in_a_hurry(context):
    """Compile a third faster, with half as much memory again: no collector, and every operator is looked up once."""
    resolve, known, collecting = context.resolve_function_type, {}, gc.isenabled()

    def recall(function, args, kws):
        if kws or not isinstance(function, Function):
            return resolve(function, args, kws)
        if (function, args) not in known:
            known[function, args] = resolve(function, args, kws)
        return known[function, args]

    context.resolve_function_type = recall
    gc.disable()
    try:
        yield
    finally:
        del context.resolve_function_type
        if collecting:
            gc.enable()
