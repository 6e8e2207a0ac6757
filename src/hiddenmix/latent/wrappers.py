"""Other E-steps of a mixture: memberships that are decided, tempered or drawn, around the same M-step.

A wrapper changes what the responsibilities make of log w_j + log p_j(x), and hands everything else on to the mixture
that it wraps, whose parameters it shares.
"""

from __future__ import annotations

from functools import partial
from typing import TypeVar

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._special import softmax
from hiddenmix._tree import Array, record, static
from hiddenmix._xp import like, namespace
from hiddenmix.batch import Batch
from hiddenmix.latent._records import MixtureParams, MixtureStats
from hiddenmix.latent._wrapped import Wrapped
from hiddenmix.latent.mixture import Mixture, Sharing
from hiddenmix.model import Degenerate, outcome

P = TypeVar("P")
S = TypeVar("S")


class Hard(Wrapped[P, S]):
    """Classification EM: every unit belongs wholly to the component that is most probable for it.

    The objective is the classification log-likelihood, sum_i w_i max_j [log w_j + log p_j(x_i)] (plus the log prior).
    The E-step is its maximum over memberships, the M-step over parameters, so it never falls, and after finitely many
    iterations nothing changes any more. With equal weights and balls of one size it is k-means. Its estimates are not
    those of maximum likelihood: groups that overlap come out too far apart and too narrow (Celeux & Govaert 1992,
    Computational Statistics & Data Analysis 14:315). Of components that are equally probable the first has the unit.

    Parameters
    ----------
    mixture : Mixture
        Whose parameters are estimated. HM443 for other models.
    """

    bound = "exact"

    def around(self, mixture: Mixture[P, S]) -> Hard[P, S]:
        """Classification EM of another mixture."""
        return Hard(mixture)

    def sharing(self, params: MixtureParams[P], batch: Batch) -> Sharing:
        """The largest, and membership in the component that has it."""
        return _decided


class Tempered(Wrapped[P, S]):
    """EM at an inverse temperature: memberships proportional to (w_j p_j(x))^beta (Ueda & Nakano 1998).

    The objective is F(t) = sum_i w_i 1/beta log sum_j (w_j p_j(x_i))^beta, plus the log prior. For any memberships r,
    F(t) >= sum_i w_i sum_j r_ij [log w_j + log p_j(x_i)] + 1/beta sum_i w_i H(r_i) by Jensen's inequality, with
    equality at the tempered ones: what the M-step raises is a lower bound that touches F, so F never falls. At beta = 1
    it is the log-likelihood and EM itself; as beta grows, classification EM; as beta falls, all components become one.
    (Neural Networks 11:271.)

    Parameters
    ----------
    mixture : Mixture
        Whose parameters are estimated. HM443 for other models.
    beta : float
        Inverse temperature, above 0. HM444 otherwise.
    """

    bound = "exact"

    def __init__(self, mixture: Mixture[P, S], beta: float) -> None:
        super().__init__(mixture)
        if not 0 < beta < np.inf:
            raise HiddenmixError("HM444", f"the inverse temperature must be above 0; got {beta}", "beta=0.5")
        self.beta = float(beta)

    def around(self, mixture: Mixture[P, S]) -> Tempered[P, S]:
        """The same temperature for another mixture."""
        return Tempered(mixture, self.beta)

    def sharing(self, params: MixtureParams[P], batch: Batch) -> Sharing:
        """The tempered log-sum-exp, and its shares."""
        return partial(_tempered, self.beta)


@record
class DrawnParams(MixtureParams[P]):
    """A mixture's parameters, and the seed of the memberships that are drawn at them."""

    seed: int = static(default=0)


class Stochastic(Wrapped[P, S]):
    """Stochastic EM: every unit's component is drawn from its posterior (Celeux & Diebolt 1985).

    The M-step takes the draws for true, so the parameters wander about a maximum, and past small ones. The
    log-likelihood is that of the mixture; it may fall. Draws depend on the seed in the parameters, which the M-step
    advances, and on the chunk: other chunks, other draws. Draws that have no estimate, because too few units went to a
    component, are drawn again: the parameters stay, and the seed goes on.

    Such a fit never converges. `fit(Stochastic(mixture), x, algorithm=Best(), max_iter=200)` keeps the best parameters
    that it visits, and ends at the iteration limit; EM from there ends in a maximum. (Computational Statistics
    Quarterly 2:73.)

    Parameters
    ----------
    mixture : Mixture
        Whose parameters are estimated. HM443 for other models.
    seed : int
        Of the first draws.
    """

    bound = "noisy"
    likelihood = True

    def __init__(self, mixture: Mixture[P, S], seed: int = 0) -> None:
        super().__init__(mixture)
        self.seed = seed

    def around(self, mixture: Mixture[P, S]) -> Stochastic[P, S]:
        """Stochastic EM of another mixture."""
        return Stochastic(mixture, self.seed)

    def sharing(self, params: MixtureParams[P], batch: Batch) -> Sharing:
        """The log-sum-exp, and membership in a component that is drawn."""
        return partial(_drawn, np.random.default_rng([self._seed(params), batch.index]))

    def conform(self, params: MixtureParams[P]) -> DrawnParams[P]:
        """What is known put in, and a seed."""
        return self._seeded(self.mixture.conform(params), self._seed(params))

    def m_step(self, params: MixtureParams[P], stats: MixtureStats[S]) -> DrawnParams[P]:
        """The mixture's, with the next seed; of draws that have no estimate the old parameters."""
        image = outcome(self.mixture.m_step, params, stats)
        return self._seeded(params if isinstance(image, Degenerate) else image, self._seed(params) + 1)

    def unravel(self, vector: Array, base: MixtureParams[P]) -> DrawnParams[P]:
        """The inverse of `ravel`, with the base's seed."""
        return self._seeded(self.mixture.unravel(vector, base), self._seed(base))

    def given(self, params: MixtureParams[P]) -> MixtureParams[P]:
        """The mixture's parameters alone, without a seed."""
        return MixtureParams(params.weights, params.components)

    def _seed(self, params: MixtureParams[P]) -> int:
        """That of the parameters; of those that come from elsewhere, the first."""
        return int(getattr(params, "seed", self.seed))

    def _seeded(self, params: MixtureParams[P], seed: int) -> DrawnParams[P]:
        return DrawnParams(params.weights, params.components, seed)


def _decided(joint: Array) -> tuple[Array, Array]:
    """The largest (n,), and membership (n, k) in the first component that has it; none where none is possible."""
    xp = namespace(joint)
    value, first = xp.max(joint, axis=1), xp.argmax(joint, axis=1)
    decided = first[:, None] == xp.arange(joint.shape[1])[None, :]
    return value, xp.astype(decided & (value > -xp.inf)[:, None], joint.dtype)


def _tempered(beta: float, joint: Array) -> tuple[Array, Array]:
    """Log-sum-exp at an inverse temperature (n,), and its shares (n, k)."""
    norm, resp = softmax(beta * joint)
    return norm / beta, resp


def _drawn(rng: np.random.Generator, joint: Array) -> tuple[Array, Array]:
    """Log-sum-exp (n,), and membership (n, k) in one component drawn by its share; none where none is possible."""
    norm, resp = softmax(joint)
    xp = namespace(resp)
    reached = xp.cumulative_sum(resp, axis=1)
    draw = like(rng.random(len(norm)), resp)[:, None] * reached[:, -1:]
    passed = xp.astype(draw >= reached, resp.dtype)
    before = xp.concat([xp.ones_like(passed[:, :1]), passed[:, :-1]], axis=1)
    return norm, before - passed
