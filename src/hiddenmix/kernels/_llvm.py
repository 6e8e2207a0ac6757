"""A small language for numeric loops: Python that writes LLVM instructions, and the step from there to a function.

Arithmetic on a `Term` writes an instruction; `Array` reads and writes memory by the number or by the vector of `LANES`
numbers; `Code` has loops and branches. Nothing is reordered: sums are taken in the order in which they are written.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from llvmlite import binding, ir

INT, DOUBLE, FLOAT, BIT = ir.IntType(64), ir.DoubleType(), ir.FloatType(), ir.IntType(1)


def host_features() -> Any:
    """What this processor can do; nothing in particular where LLVM does not know."""
    try:
        return binding.get_host_cpu_features()
    except RuntimeError:
        return binding.FeatureMap()


WIDE = bool(host_features().get("avx512f", False))
LANES = 8 if WIDE else 4  # numbers in a vector; LLVM splits vectors that are wider than the machine's
REGISTERS = 32 if WIDE or platform.machine() in ("arm64", "aarch64") else 16


class Term:
    """A number or vector of the program that is being written."""

    __slots__ = ("b", "raw")

    def __init__(self, builder: Any, raw: Any) -> None:
        self.b, self.raw = builder, raw

    def _other(self, other: Term | float) -> Any:
        if isinstance(other, Term):
            return other.raw
        kind = self.raw.type
        return ir.Constant(kind, [other] * kind.count if isinstance(kind, ir.VectorType) else other)

    def _is_real(self) -> bool:
        kind = self.raw.type
        return bool((kind.element if isinstance(kind, ir.VectorType) else kind) == DOUBLE)

    def _binary(self, whole: str, real: str, other: Term | float) -> Term:
        operation = getattr(self.b, real if self._is_real() else whole)
        return Term(self.b, operation(self.raw, self._other(other)))

    def __add__(self, other: Term | float) -> Term:
        return self._binary("add", "fadd", other)

    def __sub__(self, other: Term | float) -> Term:
        return self._binary("sub", "fsub", other)

    def __mul__(self, other: Term | float) -> Term:
        return self._binary("mul", "fmul", other)

    def __truediv__(self, other: Term | float) -> Term:
        return self._binary("", "fdiv", other)

    def __floordiv__(self, other: Term | float) -> Term:
        return self._binary("udiv", "", other)

    def __and__(self, other: Term) -> Term:
        return Term(self.b, self.b.and_(self.raw, other.raw))

    def __or__(self, other: Term) -> Term:
        return Term(self.b, self.b.or_(self.raw, other.raw))

    def __invert__(self) -> Term:
        return Term(self.b, self.b.not_(self.raw))

    def is_(self, relation: str, other: Term | float) -> Term:
        """A comparison; false where a number is NaN, whole numbers count as unsigned."""
        compare = self.b.fcmp_ordered if self._is_real() else self.b.icmp_unsigned
        return Term(self.b, compare(relation, self.raw, self._other(other)))

    def or_if(self, condition: Term, other: Term | float) -> Term:
        """This, or `other` where a condition holds."""
        return Term(self.b, self.b.select(condition.raw, self._other(other), self.raw))

    def shifted(self, bits: int) -> Term:
        """A whole number times a power of two, rounded down."""
        shift = self.b.shl if bits > 0 else self.b.ashr
        return Term(self.b, shift(self.raw, self._other(abs(bits))))

    def cast(self, how: str, element: Any) -> Term:
        """The same bits (`bitcast`) or the same value (`sitofp`, `fpext`) as another type."""
        kind = self.raw.type
        target = ir.VectorType(element, kind.count) if isinstance(kind, ir.VectorType) else element
        return Term(self.b, getattr(self.b, how)(self.raw, target))

    def lanes(self, chosen: Sequence[int], other: Term | None = None) -> Term:
        """Chosen lanes of this vector, or of this and another side by side."""
        second = ir.Constant(self.raw.type, ir.Undefined) if other is None else other.raw
        mask = ir.Constant(ir.VectorType(ir.IntType(32), len(chosen)), list(chosen))
        return Term(self.b, self.b.shuffle_vector(self.raw, second, mask))

    @property
    def width(self) -> int:
        """Lanes of a vector."""
        return int(self.raw.type.count)


class Array:
    """Numbers in memory, from an address on."""

    __slots__ = ("b", "element", "pointer")

    def __init__(self, builder: Any, pointer: Any, element: Any = DOUBLE) -> None:
        self.b, self.pointer, self.element = builder, pointer, element

    def since(self, offset: Term | int) -> Array:
        """What lies `offset` numbers further on."""
        at = offset.raw if isinstance(offset, Term) else ir.Constant(INT, offset)
        return Array(self.b, self.b.gep(self.pointer, [at], source_etype=self.element), self.element)

    def or_if(self, condition: Term, other: Array) -> Array:
        """This array, or another where a condition holds."""
        return Array(self.b, self.b.select(condition.raw, other.pointer, self.pointer), self.element)

    def __getitem__(self, offset: Term | int) -> Term:
        return Term(self.b, self.b.load(self.since(offset).pointer, typ=self.element))

    def __setitem__(self, offset: Term | int, value: Term) -> None:
        pointer = self.b.bitcast(self.since(offset).pointer, value.raw.type.as_pointer())
        self.b.store(value.raw, pointer, align=8)

    def vector(self, offset: Term | int, lanes: int = LANES) -> Term:
        """Consecutive numbers as a vector, in double precision however they are stored."""
        kind = ir.VectorType(self.element, lanes)
        pointer = self.b.bitcast(self.since(offset).pointer, kind.as_pointer())
        raw = Term(self.b, self.b.load(pointer, align=4 if self.element == FLOAT else 8, typ=kind))
        return raw.cast("fpext", DOUBLE) if self.element == FLOAT else raw

    def splat(self, offset: Term | int, lanes: int = LANES) -> Term:
        """One number in all lanes."""
        empty, first = ir.Constant(ir.VectorType(DOUBLE, lanes), ir.Undefined), ir.Constant(ir.IntType(32), 0)
        return Term(self.b, self.b.insert_element(empty, self[offset].raw, first)).lanes([0] * lanes)


class Variable:
    """A number or vector that changes; LLVM keeps it in a register."""

    __slots__ = ("b", "place")

    def __init__(self, code: Code, value: Term) -> None:
        self.b = code.b
        with self.b.goto_entry_block():
            self.place = self.b.alloca(value.raw.type)
        self.value = value

    @property
    def value(self) -> Term:
        """What it holds now."""
        return Term(self.b, self.b.load(self.place, typ=self.place.allocated_type))

    @value.setter
    def value(self, value: Term) -> None:
        self.b.store(value.raw, self.place)


class Code:
    """The body of a routine, in the place where the next instruction goes."""

    def __init__(self, builder: Any) -> None:
        self.b = builder

    def whole(self, value: Term | int) -> Term:
        """A whole number."""
        return value if isinstance(value, Term) else Term(self.b, ir.Constant(INT, value))

    def constant(self, value: float, lanes: int = LANES) -> Term:
        """A number in all lanes."""
        return Term(self.b, ir.Constant(ir.VectorType(DOUBLE, lanes), [value] * lanes))

    def condition(self, value: bool) -> Term:
        """A condition that is known."""
        return Term(self.b, ir.Constant(BIT, value))

    def variable(self, value: Term | int) -> Variable:
        """A new variable."""
        return Variable(self, self.whole(value))

    def registers(self, n: int, m: int) -> list[list[Variable]]:
        """n x m vectors, all zero."""
        return [[Variable(self, self.constant(0.0)) for _ in range(m)] for _ in range(n)]

    def fma(self, a: Term, b: Term | float, c: Term | float) -> Term:
        """a b + c, in one rounding where the machine can."""
        kind = a.raw.type
        name = f"llvm.fmuladd.v{kind.count}f64"
        known = self.b.module.globals.get(name)
        function = known or ir.Function(self.b.module, ir.FunctionType(kind, [kind] * 3), name)
        return Term(self.b, self.b.call(function, [a.raw, a._other(b), a._other(c)]))

    def address(self, number: Term, element: Any = DOUBLE) -> Array:
        """The array at an address."""
        return Array(self.b, self.b.inttoptr(number.raw, element.as_pointer()), element)

    @contextmanager
    def count(self, start: Term | int, stop: Term | int, step: Term | int = 1) -> Iterator[Term]:
        """A loop over whole numbers."""
        index = self.variable(start)
        with self.until(index, stop):
            yield index.value
            index.value = index.value + step

    @contextmanager
    def until(self, index: Variable, stop: Term | int) -> Iterator[None]:
        """A loop while a whole number is below another; the body moves it on."""
        head, body, done = (self.b.append_basic_block(name) for name in ("head", "body", "done"))
        self.b.branch(head)
        self.b.position_at_end(head)
        self.b.cbranch(index.value.is_("<", stop).raw, body, done)
        self.b.position_at_end(body)
        yield
        self.b.branch(head)
        self.b.position_at_end(done)

    @contextmanager
    def when(self, condition: Term) -> Iterator[None]:
        """A part that runs only if a condition holds."""
        with self.b.if_then(condition.raw):
            yield

    @contextmanager
    def either(self, condition: Term) -> Iterator[tuple[Any, Any]]:
        """Two parts, of which one runs: `with code.either(condition) as (yes, no)`, then `with yes`, `with no`."""
        with self.b.if_else(condition.raw) as parts:
            yield parts

    def cases(self, value: Term, upto: int, body: Callable[[int], None]) -> None:
        """One copy of a body for each of the numbers 1 to `upto`."""
        done = self.b.append_basic_block("done")
        switch = self.b.switch(value.raw, done)
        for case in range(1, upto + 1):
            block = self.b.append_basic_block(f"case{case}")
            switch.add_case(ir.Constant(INT, case), block)
            self.b.position_at_end(block)
            body(case)
            self.b.branch(done)
        self.b.position_at_end(done)


Body = Callable[..., Term | None]
_KINDS = {"d": DOUBLE.as_pointer(), "f": FLOAT.as_pointer(), "u": INT.as_pointer(), "i": INT, "b": BIT}
_ELEMENTS = {"d": DOUBLE, "f": FLOAT, "u": INT}


def routine(arguments: str) -> Callable[[Body], Body]:
    """A function of its own, whose arrays do not overlap; the code of the module has it once.

    `arguments` has a letter each: "d", "f" and "u" for arrays of doubles, floats and whole numbers, "i" for a whole
    number, "b" for a condition.
    """

    def of(body: Body) -> Body:
        def call(code: Code, *given: Array | Term | int) -> None:
            module, name = code.b.module, f"hiddenmix_{body.__name__}"
            made = module.globals.get(name) or _emit(module, name, arguments, body)
            raw = [g.pointer if isinstance(g, Array) else code.whole(g).raw for g in given]
            code.b.call(made, raw)

        return call

    return of


def _emit(module: Any, name: str, arguments: str, body: Body) -> Any:
    made = ir.Function(module, ir.FunctionType(ir.VoidType(), [_KINDS[a] for a in arguments]), name)
    made.linkage = "internal"
    made.attributes.add("noinline")
    builder = ir.IRBuilder(made.append_basic_block())
    given: list[Array | Term] = []
    for letter, argument in zip(arguments, made.args, strict=True):
        if letter in _ELEMENTS:
            argument.add_attribute("noalias")
        given.append(Array(builder, argument, _ELEMENTS[letter]) if letter in _ELEMENTS else Term(builder, argument))
    body(Code(builder), *given)
    builder.ret_void()
    return made
