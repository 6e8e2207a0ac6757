"""Exponential and logarithm of vectors, to about one unit in the last place."""

from __future__ import annotations

import math

from hiddenmix.kernels._llvm import DOUBLE, INT, Code, Term

SHIFT = 1.5 * 2.0**52 + 1023.0  # adding it leaves the nearest whole number, biased like an exponent, in the last bits
FLOOR = -1023 * math.log(2)  # where the biased exponent is 0, and with it the result
PER_LN2 = 1 / math.log(2)
LN2, LN2_REST = float.fromhex("0x1.62e42fefap-1"), float.fromhex("0x1.cf79abc9e3b3ap-40")  # the first in 33 bits
# exp(r) = 1 + r + r² (e0 + e1 r + ...) within 4e-18 where |r| <= ln 2 / 2, by Remez's algorithm
EVEN = (0.5000000000000011, 0.04166666666653016, 0.0013888888943629938, 2.480149309906733e-05, 2.7630248326985926e-07)
ODD = (0.16666666666666413, 0.00833333333349447, 0.00019841269506559994, 2.755758639170296e-06, 2.500005566675992e-08)
# log((1 + s) / (1 - s)) = s (2 + l1 s² + l2 s⁴ + ...), the coefficients of FreeBSD's e_log.c
LOG = (
    0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149785,
    0.1818357216161805, 0.15313837699209373, 0.14798198605116586,
)  # fmt: skip
ROOT_HALF = 0x3FE6A09E667F3BCD  # the bits of the square root of 1/2
MANTISSA = 52


def exp(c: Code, x: Term) -> Term:
    """e^x where x <= 709; 0 where x < -709; NaN where x is."""
    x = x.or_if(x.is_("<", FLOOR), FLOOR)
    shifted = c.fma(x, PER_LN2, SHIFT)
    n = shifted - SHIFT
    r = c.fma(n, -LN2_REST, c.fma(n, -LN2, x))
    s = r * r
    rest = c.fma(r, polynomial(c, s, ODD), polynomial(c, s, EVEN))
    scale = shifted.cast("bitcast", INT).shifted(MANTISSA).cast("bitcast", DOUBLE)
    return (c.fma(s, rest, r) + 1.0) * scale


def log(c: Code, x: Term) -> Term:
    """The logarithm of a positive normal number; NaN where x is."""
    bits = x.cast("bitcast", INT)
    exponent = (bits - ROOT_HALF).shifted(-MANTISSA)
    n = exponent.cast("sitofp", DOUBLE)
    f = (bits - exponent.shifted(MANTISSA)).cast("bitcast", DOUBLE) - 1.0
    s = f / (f + 2.0)
    z = s * s
    half = f * f * 0.5
    inner = c.fma(s, half + z * polynomial(c, z, LOG), n * LN2_REST)
    return c.fma(n, LN2, f - (half - inner))


def polynomial(c: Code, x: Term, coefficients: tuple[float, ...]) -> Term:
    """The sum of coefficients times powers of x."""
    value = c.fma(x, coefficients[-1], coefficients[-2])
    for coefficient in coefficients[-3::-1]:
        value = c.fma(x, value, coefficient)
    return value
