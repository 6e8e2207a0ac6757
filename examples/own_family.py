"""A family of your own: the exponential distribution, in a record of parameters, one of statistics and four methods.

It then works in mixtures, with weights, known labels, chunks, threads, restarts, the certificate and standard errors.
"""

import numpy as np

import hiddenmix as hm


@hm.record
class ExponentialParams:
    rate: np.ndarray  # (k,)


@hm.record
class ExponentialStats:  # fields add up when statistics merge
    weight: np.ndarray  # (k,)  sum of resp
    total: np.ndarray  # (k,)  sum of resp x


class Exponential(hm.Family):
    def log_prob(self, params, x):  # (n, k)
        return np.log(params.rate) - x[:, :1] * params.rate

    def stats(self, params, x, resp):
        return ExponentialStats(resp.sum(axis=0), resp.T @ x[:, 0])

    def estimate(self, params, stats):
        seen = stats.weight > 0  # a component without rows keeps its rate
        rate = stats.weight / np.where(seen, stats.total, 1.0)
        return ExponentialParams(rate if params is None else np.where(seen, rate, params.rate))

    def expected_log_prob(self, params, stats):  # (k,)
        return stats.weight * np.log(params.rate) - params.rate * stats.total


def main():
    waits = np.random.default_rng(0).exponential([[1.0]] * 300 + [[8.0]] * 300)
    params = ExponentialParams([0.1, 2.0])
    hm.testing.check_family(Exponential(), params, waits)

    result = hm.fit(hm.Mixture(Exponential(), 2), waits, starts=5, rng=0)
    print(result.status.value)
    print(result.certificate.value)
    for name, value in result.model.estimates(result.params).items():
        print(name, np.round(value, 3), "+-", np.round(result.standard_errors()[name], 3))
    return result


if __name__ == "__main__":
    main()
