"""Half-lines of a normal and of a Student-t: logarithms of their mass, and what is expected on them."""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, erfcx, log_ndtr, psi

from hiddenmix._tree import Array

FAR = -50.0  # below this the asymptotic series is nearer than differences
NODES = 40  # reach 1e-13 for every r > 1
DEPTH = 38.0  # e^-38 is nothing beside 1


def normal_half(z: Array) -> tuple[Array, Array, Array]:
    """log P(Z < z) of a standard normal, and what is expected of a normal about z of variance 1 that is above 0.

    Its mean is z + h and its variance 1 - h (z + h), with h the inverse Mills ratio.
    """
    near = np.maximum(z, FAR)
    h = np.sqrt(2 / np.pi) / erfcx(-np.minimum(near, 30.0) / np.sqrt(2))
    h = np.where(near < 30.0, h, 0.0)
    mean, var = near + h, 1 - h * (near + h)
    if np.any(z < FAR):
        t = 1 / np.square(np.minimum(z, FAR))
        far_mean = (1 - t * (2 - t * (10 - t * (74 - t * 706)))) / -np.minimum(z, FAR)
        mean = np.where(z < FAR, far_mean, mean)
        var = np.where(z < FAR, t * (1 - t * (6 - t * (50 - t * 518))), var)
    return log_ndtr(z), mean, np.maximum(var, 0.0)


def student_half(y: Array, r: Array) -> tuple[Array, Array, Array]:
    """log P(v < y), the density at y over P(v < y), and E[log(1 + v²) | v < y], of y (k, n) and r (k, 1).

    v has the density (1 + v²)^-(r+1)/2 / B(1/2, r/2): a Student-t with r degrees of freedom, over sqrt r. r is above 1
    unless y is 0.

    Below 0 it is integrated in zeta = arcsinh v, where the density is cosh^-r, by a Gauss-Legendre rule whose nodes
    gather at the end; above 0 by what is left of the whole line.
    """
    end = np.arcsinh(np.abs(y))  # the lower tail begins at -end
    near_one = np.log1p(np.exp(-2 * end))
    log_cosh = end + near_one - np.log(2)
    level = log_cosh + DEPTH / r
    reach = np.where(level < 18, np.arccosh(np.exp(np.minimum(level, 18))), level + np.log(2)) - end
    mass, drop = np.zeros(y.shape), np.zeros(y.shape)
    for node, weight in zip(*_RULE, strict=True):
        step = reach * node
        rise = step + np.log1p(np.exp(-2 * (end + step))) - near_one  # of log cosh
        part = weight * np.exp(-r * rise)
        mass += part
        drop += part * rise
    log_beta = betaln(0.5, r / 2)
    log_tail = np.log(mass * reach) - r * log_cosh - log_beta
    log_one = 2 * (log_cosh + drop / mass)
    log_tail = np.where(y == 0, -np.log(2), log_tail)
    tail = np.exp(log_tail)
    total = psi((r + 1) / 2) - psi(r / 2)
    log_one = np.where(y == 0, total, log_one)
    log_mass = np.where(y < 0, log_tail, np.log1p(-tail))
    expected = np.where(y < 0, log_one, (total - tail * log_one) / (1 - tail))
    hazard = np.exp(-(r + 1) * log_cosh - log_beta - log_mass)
    return log_mass, hazard, expected


def _rule() -> tuple[Array, Array]:
    x, w = np.polynomial.legendre.leggauss(NODES)
    half = (x + 1) / 2
    return half**2, w * half


_RULE = _rule()
