"""From a program to a function: LLVM compiles it for this machine, in memory."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import binding, ir

from hiddenmix.kernels import _cache
from hiddenmix.kernels._llvm import DOUBLE, INT, Array, Code, Term, host_features

_alive: list[Any] = []  # machine code must outlive the functions


class Interface:
    """What a program is called with: whole numbers, and addresses of arrays of whole numbers and of doubles."""

    def __init__(self, numbers: tuple[str, ...], wholes: tuple[str, ...], reals: tuple[str, ...]) -> None:
        self.numbers, self.wholes = frozenset(numbers), frozenset(wholes)
        self.names = (*numbers, *wholes, *reals)
        fields = [(name, ctypes.c_uint64) for name in self.names]
        self.structure: type[ctypes.Structure] = type("Call", (ctypes.Structure,), {"_fields_": fields})


class Fields:
    """The same within the program."""

    def __init__(self, code: Code, address: Array, interface: Interface) -> None:
        self._code, self._address, self._interface = code, address, interface

    def __getattr__(self, name: str) -> Any:
        value = self._address[self._interface.names.index(name)]
        if name in self._interface.numbers:
            return value
        return self._code.address(value, INT if name in self._interface.wholes else DOUBLE)

    def has(self, name: str) -> Term:
        """Whether a number is not 0."""
        return self._address[self._interface.names.index(name)].is_("!=", 0)


Program = Callable[[Code, Fields], None]


def compiled(interface: Interface, *programs: Program, kept: bool = False) -> list[Callable[[Any], None]]:
    """Functions that are called with a reference to the interface's structure, and free the interpreter lock.

    The code of programs that are written in this folder can be `kept` on disk, under the last one's name.
    """
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    triple = binding.get_default_triple()
    machine = binding.Target.from_triple(triple).create_target_machine(
        cpu=binding.get_host_cpu_name(), features=host_features().flatten(), opt=3
    )
    names = [program.__name__ for program in programs]
    code = _cache.load(names[-1]) if kept else None
    if code is None:
        code = machine.emit_object(_optimised(_written(interface, programs, triple, machine), machine))
        if kept:
            _cache.save(names[-1], code)
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
    engine.add_object_file(binding.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _alive.append(engine)
    return [ctypes.CFUNCTYPE(None, ctypes.c_void_p)(engine.get_function_address(name)) for name in names]


def _written(interface: Interface, programs: Sequence[Program], triple: str, machine: Any) -> Any:
    """The programs as an LLVM module."""
    module = ir.Module("hiddenmix")
    module.triple, module.data_layout = triple, str(machine.target_data)
    for program in programs:
        function = ir.Function(module, ir.FunctionType(ir.VoidType(), [INT.as_pointer()]), program.__name__)
        builder = ir.IRBuilder(function.append_basic_block())
        code = Code(builder)
        program(code, Fields(code, Array(builder, function.args[0], INT), interface))
        builder.ret_void()
    return binding.parse_assembly(str(module))


def _optimised(module: Any, machine: Any) -> Any:
    options = binding.create_pipeline_tuning_options(speed_level=1)
    for effort in ("loop_unrolling", "loop_vectorization", "loop_interleaving", "slp_vectorization"):
        setattr(options, effort, False)  # programs are written as they should run
    passes = binding.create_pass_builder(machine, options)
    passes.getModulePassManager().run(module, passes)
    return module
