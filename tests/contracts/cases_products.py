"""Mixed columns."""

from tests.contracts.cases_counts import CHANCES, FLIPS, LEVELS, RATES, level_oracle, poisson_oracle
from tests.contracts.cases_normal import normal, normal_oracle
from tests.contracts.entering import family, product_oracle

import hiddenmix as hm

family(
    "product",
    hm.Product([hm.Normal("full"), hm.Categorical([2, 4, 3]), hm.Poisson()], [(0, 5, 2), (1, 3, 4), 6]),
    (normal("full"), LEVELS, hm.PoissonParams(RATES.rate[:, :1])),
    product_oracle((normal_oracle("full"), [0, 5, 2]), (level_oracle, [1, 3, 4]), (poisson_oracle, [6])),
    missing=0.1,
)
family(
    "product-of-linear",
    hm.Product([hm.Bernoulli(), hm.Categorical([2, 4, 3], prior=0.5), hm.Poisson()], [range(4), (4, 5, 8), (6, 7)]),
    (CHANCES, LEVELS, RATES),
    product_oracle((FLIPS, [0, 1, 2, 3]), (level_oracle, [4, 5, 8]), (poisson_oracle, [6, 7])),
    missing=0.1,
)
