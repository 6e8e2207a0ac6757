"""Words for writing register blocks in LLVM's language, and for calling them from compiled Python.

A tile is a matrix whose rows are features or components and whose columns are `ROWS` rows of the data; its rows lie
`STRIDE` numbers apart.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from inspect import Parameter, Signature
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def _wide() -> bool:
    try:
        return bool(binding.get_host_cpu_features().get("avx512f", False))
    except RuntimeError:  # not known on this system
        return False


ROWS = 256  # by benchmark, like the sizes below
STRIDE = ROWS + 8  # an odd number of cache lines, so that the rows of a tile do not compete for the same cache sets
LANES = 8 if _wide() else 4  # the compiler splits vectors that are wider than the machine's
HEIGHT = 6 if _wide() or platform.machine() in ("arm64", "aarch64") else 3  # what 32 and 16 registers hold
PANEL = 4  # vectors of rows in a block forward, features in a block backward

Value = Any  # llvmlite has no types
INT, DOUBLE, FLOAT = ir.IntType(64), ir.DoubleType(), ir.FloatType()
VECTOR, POINTER = ir.VectorType(DOUBLE, LANES), DOUBLE.as_pointer()


def whole(value: int) -> Value:
    """A whole number as an operand."""
    return ir.Constant(INT, value)


class Emit:
    """Writes the body of one block; `b` is the place where the next instruction goes."""

    def __init__(self, builder: Value) -> None:
        self.b = builder

    def at(self, pointer: Value, *offsets: Value | int, of: Value = DOUBLE) -> Value:
        """The address that lies the sum of the offsets further, in numbers of a type."""
        total, *rest = (whole(o) if isinstance(o, int) else o for o in offsets)
        for offset in rest:
            total = self.b.add(total, offset)
        return self.b.gep(pointer, [total], source_etype=of)

    def scalar(self, pointer: Value, of: Value = DOUBLE) -> Value:
        """The number that lies there."""
        return self.b.load(pointer, typ=of)

    def load(self, pointer: Value, lanes: int = LANES, of: Value = DOUBLE) -> Value:
        """A vector from memory, in double precision whatever it is stored in."""
        kind = ir.VectorType(of, lanes)
        vector = self.b.load(self.b.bitcast(pointer, kind.as_pointer()), align=4 if of is FLOAT else 8, typ=kind)
        return self.b.fpext(vector, ir.VectorType(DOUBLE, lanes)) if of is FLOAT else vector

    def store(self, vector: Value, pointer: Value) -> None:
        """A vector to memory."""
        self.b.store(vector, self.b.bitcast(pointer, vector.type.as_pointer()), align=8)

    def splat(self, pointer: Value) -> Value:
        """The number that lies there, in all lanes."""
        empty, first = ir.Constant(VECTOR, ir.Undefined), ir.Constant(ir.IntType(32), 0)
        return self.pick(self.b.insert_element(empty, self.scalar(pointer), first), [0] * LANES)

    def pick(self, a: Value, lanes: Sequence[int], b: Value | None = None) -> Value:
        """Chosen lanes of one vector, or of two side by side."""
        other = ir.Constant(a.type, ir.Undefined) if b is None else b
        return self.b.shuffle_vector(a, other, ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), list(lanes)))

    def registers(self, n: int, m: int) -> list[list[Value]]:
        """Places for n x m vectors, all zero, which the compiler keeps in registers."""
        zero = ir.Constant(VECTOR, [0.0] * LANES)
        place: Any = cgutils.alloca_once_value
        return [[place(self.b, zero) for _ in range(m)] for _ in range(n)]

    def get(self, register: Value) -> Value:
        """What a register holds."""
        return self.b.load(register, typ=VECTOR)

    def add_product(self, register: Value, a: Value, b: Value) -> None:
        """Add a product to a register, in one rounding where the machine can."""
        declared: Any = cgutils.get_or_insert_function
        fma = declared(self.b.module, ir.FunctionType(VECTOR, [VECTOR] * 3), f"llvm.fmuladd.v{LANES}f64")
        self.b.store(self.b.call(fma, [a, b, self.get(register)]), register)

    def lane_sums(self, vectors: Sequence[Value]) -> Value:
        """The sums of the lanes of four vectors, as one vector of four."""
        a, b, c, d = vectors
        total = self._pair_sums(self._pair_sums(a, b), self._pair_sums(c, d))
        while total.type.count > 4:
            total = self._pair_sums(total)
        return total

    def _pair_sums(self, a: Value, b: Value | None = None) -> Value:
        lanes = a.type.count if b is None else 2 * a.type.count
        return self.b.fadd(self.pick(a, range(0, lanes, 2), b), self.pick(a, range(1, lanes, 2), b))

    @contextmanager
    def loop(self, stop: Value | int, step: int = 1) -> Iterator[Value]:
        """Count from 0 to `stop`."""
        stop = whole(stop) if isinstance(stop, int) else stop
        with cgutils.for_range_slice(self.b, whole(0), stop, whole(step), INT, True) as (index, _):
            yield index

    def for_height(self, height: Value, body: Callable[[int], None]) -> None:
        """One copy of the body for each height up to `HEIGHT`."""
        done = self.b.append_basic_block("done")
        switch = self.b.switch(height, done)
        for h in range(1, HEIGHT + 1):
            case = self.b.append_basic_block(f"height{h}")
            switch.add_case(whole(h), case)
            self.b.position_at_end(case)
            body(h)
            self.b.branch(done)
        self.b.position_at_end(done)


def block(name: str, arguments: str, body: Callable[..., None]) -> Any:
    """A function for compiled Python whose body is emitted.

    `arguments` has one letter each: "d" for an array of doubles and "u" for one of whole numbers, both followed by an
    offset into it; "x" for the address of doubles and "f" for that of floats; "i" for a whole number.
    """
    kinds = {"d": POINTER, "u": INT.as_pointer(), "x": POINTER, "f": FLOAT.as_pointer(), "i": INT}

    def typed(context: Any, *given: Any) -> Any:
        def call(target: Any, builder: Value, signature: Any, values: Sequence[Value]) -> Value:
            left = list(zip(signature.args, values, strict=True))
            operands = []
            for letter in arguments:
                kind, value = left.pop(0)
                if letter in "du":
                    start = target.make_array(kind)(target, builder, value).data
                    value = Emit(builder).at(start, left.pop(0)[1], of=INT if letter == "u" else DOUBLE)
                elif letter in "xf":
                    value = builder.inttoptr(value, kinds[letter])
                operands.append(value)
            builder.call(_function(builder.module, f"hiddenmix_{name}", [kinds[a] for a in arguments], body), operands)
            return target.get_dummy_value()

        return types.void(*given), call

    count = 1 + sum(2 if letter in "du" else 1 for letter in arguments)
    names = [Parameter(f"a{i}", Parameter.POSITIONAL_OR_KEYWORD) for i in range(count)]
    typed.__signature__ = Signature(names)  # type: ignore[attr-defined]  # Numba binds calls by it
    return intrinsic(typed)


def _function(module: Value, name: str, arguments: Sequence[Value], body: Callable[..., None]) -> Value:
    """The function of this name in the module, made when first asked for. Its arrays do not overlap."""
    if name in module.globals:
        return module.globals[name]
    made = ir.Function(module, ir.FunctionType(ir.VoidType(), arguments), name)
    made.linkage = "internal"
    made.attributes.add("noinline")
    for argument in made.args:
        if isinstance(argument.type, ir.PointerType):
            argument.add_attribute("noalias")
    builder = ir.IRBuilder(made.append_basic_block("entry"))
    body(Emit(builder), *made.args)
    builder.ret_void()
    return made


@intrinsic
def bits(context: Any, x: Any) -> Any:
    """The bits of a double as a whole number."""
    return types.int64(types.float64), lambda target, builder, signature, values: builder.bitcast(values[0], INT)


@intrinsic
def from_bits(context: Any, x: Any) -> Any:
    """The double that has these bits."""
    return types.float64(types.int64), lambda target, builder, signature, values: builder.bitcast(values[0], DOUBLE)
