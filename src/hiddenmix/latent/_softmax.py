"""The softmax gate: what is estimated of membership probabilities that depend on covariates.

Coefficients are used in the coordinates z = (1, (c - centre) / scale), in which the covariates are of one size. With
logits eta_ij = z_i' b_j, log sum_l exp eta_il curves by no more than (I - 11'/k) / 2 (Böhning 1992, Annals of the
Institute of Statistical Mathematics 44:197), so that around the coefficients of the E-step

    sum_ij w_i r_ij (eta_ij - log sum_l exp eta_il)  >=  sum_j h_j' b_j - b_j' C b_j / 4 + constant,

with C = sum_i w_i z_i z_i' and h_j = sum_i w_i z_i (r_ij - pi_ij + eta_ij / 2), for coefficients that sum to 0 over the
classes. The two sides touch there, with their slopes. Both sums add over units, whatever the coefficients at which each
was taken, and the maximum of the right side is a least-squares regression: C b_j = 2 h_j.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import log_softmax

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.batch import Batch
from hiddenmix.model import Degenerate

ALIKE = 1e-10  # smallest eigenvalue of the covariates' correlations, in that of the largest, that tells them apart


class Softmax:
    """A gate for k classes, settled on the covariates' `centre` and `scale` (p,).

    Coefficients (k, 1 + p) are those that users see: the logits of a unit at the centre, then slopes per unit of each
    covariate. `penalty` is the precision of a normal prior on the slopes of standardised covariates.
    """

    def __init__(self, k: int, centre: Array, scale: Array, penalty: float = 0.0) -> None:
        self.k, self.centre, self.scale, self.penalty = k, centre, scale, penalty
        self._unit = np.concatenate([[1.0], scale])
        self._ridge = np.concatenate([[0.0], np.full(len(scale), float(penalty))])

    @property
    def n_free(self) -> int:
        """Contrasts of k classes, each with an intercept and slopes."""
        return (self.k - 1) * len(self._unit)

    def design(self, batch: Batch) -> Array:
        """z (units, 1 + p). Raises HM431 without covariates, HM404 for another number of them."""
        c = batch.covariates
        if c is None:
            raise HiddenmixError(
                "HM431", "memberships depend on covariates, and these data bring none", "Rows(x, covariates=c)"
            )
        if c.shape[1] != len(self.centre):
            raise HiddenmixError(
                "HM404", f"{c.shape[1]} covariates where the gate has {len(self.centre)}", "the covariates of the fit"
            )
        return np.column_stack([np.ones(len(c)), (c - self.centre) / self.scale])

    def log_weights(self, coef: Array, z: Array) -> Array:
        """Log membership probabilities (units, k)."""
        return np.asarray(log_softmax(z @ (coef * self._unit).T, axis=1))

    def stats(self, coef: Array, z: Array, resp: Array, weight: Array | None) -> tuple[Array, Array]:
        """h (k, 1 + p) and C (1 + p, 1 + p); `resp` (units, k) are weighted already."""
        eta = z @ (centred(coef) * self._unit).T
        expected = np.exp(log_softmax(eta, axis=1)) - eta / 2
        weighted = z if weight is None else z * weight[:, None]
        return resp.T @ z - expected.T @ weighted, z.T @ weighted

    def estimate(self, target: Array, gram: Array) -> Array:
        """The coefficients at which the lower bound plus the log prior is highest."""
        try:
            z = np.linalg.solve(gram / 2 + np.diag(self._ridge), target.T).T
        except np.linalg.LinAlgError:
            raise Degenerate(0, "has no estimate: the covariates are collinear") from None
        return centred(z / self._unit)

    def q(self, coef: Array, target: Array, gram: Array) -> float:
        """The lower bound, up to a constant."""
        z = centred(coef) * self._unit
        return float(np.sum(target * z) - np.sum(z @ gram * z) / 4)

    def log_prior(self, coef: Array) -> float:
        """The normal log density of the slopes, up to a constant."""
        z = centred(coef) * self._unit
        return float(-np.sum(self._ridge * np.square(z)) / 2)

    def gradient(self, coef: Array, target: Array, gram: Array) -> Array:
        """The gradient of `q` plus `log_prior` in the coordinates of `ravel`."""
        z = centred(coef) * self._unit
        return centred(target - z @ gram / 2 - self._ridge * z)[1:].ravel()

    def ravel(self, coef: Array, base: Array) -> Array:
        """Coefficients against the first class, in z, less those of the base."""
        z = (coef - base) * self._unit
        return np.ravel(z[1:] - z[0])

    def unravel(self, vector: Array, base: Array) -> Array:
        """The inverse of `ravel`."""
        z = np.concatenate([np.zeros((1, len(self._unit))), vector.reshape(self.k - 1, len(self._unit))])
        return base + centred(z / self._unit)

    def at_zero(self, coef: Array) -> Array:
        """Coefficients (k, 1 + p) against the first class, with the intercept where all covariates are 0."""
        contrast = coef - coef[:1]
        contrast[:, 0] -= contrast[:, 1:] @ self.centre
        return contrast


def centred(coef: Array) -> Array:
    """Coefficients that sum to 0 over the classes, with the same probabilities."""
    return coef - coef.mean(axis=0)


def settled(c: Array, weight: Array | None, penalty: float, names: Sequence[str] | None = None) -> tuple[Array, Array]:
    """Mean and standard deviation (p,) of the covariates (n, p).

    Raises HM143 for a missing or infinite cell; HM144, without a penalty, for a column that is constant or follows from
    the others.
    """
    if not np.isfinite(c).all():
        row, column = (int(place[0]) for place in np.nonzero(~np.isfinite(c)))
        what = f"covariate {_called(column, names)} has no number in row {row} (counting from 0)"
        raise HiddenmixError("HM143", what, "leave those rows out, or fill them: missing answers may stay, in X")
    if not c.shape[1]:
        return np.zeros(0), np.zeros(0)
    size = np.abs(c).max(axis=0)  # so that no square is lost
    size = np.where(size > 0, size, 1.0)
    centre = np.average(c / size, axis=0, weights=weight)
    wide = np.abs(c / size - centre).max(axis=0)
    wide = np.where(wide > 0, wide, 1.0)
    scale = size * wide * np.sqrt(np.average(np.square((c / size - centre) / wide), axis=0, weights=weight))
    centre = centre * size
    flat = scale <= np.finfo(float).eps * np.maximum(np.abs(centre), np.finfo(float).tiny) * 8
    if flat.any() and not penalty:
        what = f"covariate {_called(int(np.argmax(flat)), names)} is constant"
        raise HiddenmixError("HM144", what, "leave it out: every class has an intercept already")
    scale = np.where(flat, 1.0, scale)
    if c.shape[1] > 1 and not penalty:
        z = (c - centre) / scale
        roots, vectors = np.linalg.eigh((z if weight is None else z * weight[:, None]).T @ z)
        if roots[0] <= ALIKE * roots[-1]:
            column = int(np.argmax(np.abs(vectors[:, 0])))
            what = f"covariate {_called(column, names)} follows from the others"
            raise HiddenmixError("HM144", what, "leave it out, or penalty=1e-3")
    return centre, scale


def _called(column: int, names: Sequence[str] | None) -> str:
    return f"{column} (counting from 0)" if names is None else repr(names[column])
