"""What L-BFGS learns, in the compact form of Byrd, Nocedal & Schnabel (1994, Math. Program. 63:129, Theorem 2.2).

With g the gradient, D = H0 g EM's step, pairs (s, y) of steps and falls of the gradient, z = H0 y, R the upper triangle
of S'Y and E its diagonal, the direction is

    H g = D + S a + Z b,    b = -R^-1 S'g,    a = -R^-T [(E + Y'Z) b + Z'g],

which needs gradients only in inner products with known directions.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_triangular

from hiddenmix._tree import Array, record


@record
class Pairs:
    """What was learnt: s and z (m, p), S'Y (upper triangle) and Y'Z (m, m), and with the present gradient S'g, Z'g."""

    s: Array
    z: Array
    sy: Array
    yz: Array
    sg: Array
    zg: Array

    @staticmethod
    def none(size: int) -> Pairs:
        """Nothing learnt yet, of `size` coordinates."""
        return Pairs(*np.zeros((2, 0, size)), *np.zeros((2, 0, 0)), *np.zeros((2, 0)))

    def newest(self, count: int) -> Pairs:
        """The last so many."""
        if count >= len(self.s):
            return self
        keep = slice(len(self.s) - count, None)
        return Pairs(self.s[keep], self.z[keep], self.sy[keep, keep], self.yz[keep, keep], self.sg[keep], self.zg[keep])

    def extended(self, before: Pairs, s: Array, z: Array, ends: Array, products: Array) -> Pairs:
        """With one more pair, of which these are s'g, z'g now (`ends`) and s'y, y'z (`products`).

        `before` are the same pairs with the gradient before the step, so that their S'y and Z'y are the differences.
        """
        zy = np.append(before.zg - self.zg, products[1])
        return Pairs(
            np.vstack([self.s, s]),
            np.vstack([self.z, z]),
            _bordered(self.sy, np.zeros(len(self.s)), np.append(before.sg - self.sg, products[0])),
            _bordered(self.yz, zy[:-1], zy),
            np.append(self.sg, ends[0]),
            np.append(self.zg, ends[1]),
        )

    def direction(self, gap: Array, gap_slope: float) -> tuple[Array, float]:
        """H g, and its slope g'H g."""
        w = solve_triangular(self.sy, self.sg, check_finite=False)
        a = solve_triangular(self.sy, np.diag(self.sy) * w + self.yz @ w - self.zg, trans="T", check_finite=False)
        return gap + a @ self.s - w @ self.z, float(gap_slope + a @ self.sg - w @ self.zg)

    def rising(self, gap: Array, gap_slope: float) -> tuple[Pairs, Array, float]:
        """The pairs, without the oldest where with them the direction does not rise, the direction, and its slope."""
        for count in range(len(self.s), 0, -1):
            kept = self.newest(count)
            with np.errstate(all="ignore"):
                try:
                    going, slope = kept.direction(gap, gap_slope)
                except (np.linalg.LinAlgError, ValueError):
                    continue
            if np.all(np.isfinite(going)) and np.isfinite(slope) and slope > 0:
                return kept, going, slope
        return self.newest(0), gap, gap_slope


def _bordered(matrix: Array, row: Array, column: Array) -> Array:
    """The matrix with one more row (its corner left out) and column."""
    return np.column_stack([np.vstack([matrix, row]), column])
