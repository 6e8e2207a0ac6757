"""A model of your own, where nothing is a mixture: genetic linkage (Dempster, Laird & Rubin 1977, section 1).

197 animals fall into four cells with probabilities (1/2 + p/4, (1 - p)/4, (1 - p)/4, p/4). The first cell is two that
were not told apart, with probabilities 1/2 and p/4: how many animals belong to the second is hidden.
"""

import numpy as np

import hiddenmix as hm

ANIMALS = np.array([[125.0, 18.0, 20.0, 34.0]])


class Linkage(hm.Model):
    def start(self, data, rng, how):
        return 0.5

    def e_step(self, p, batch):
        counts = batch.x if batch.weight is None else batch.weight[:, None] * batch.x
        first, second, third, fourth = counts.sum(axis=0)
        loglik = first * np.log(0.5 + p / 4) + (second + third) * np.log((1 - p) / 4) + fourth * np.log(p / 4)
        hidden = first * (p / 4) / (0.5 + p / 4)
        return loglik, np.array([hidden + fourth, second + third])  # expected counts with chance p, and with 1 - p

    def m_step(self, p, stats):
        return stats[0] / stats.sum()

    def q(self, p, stats):
        return stats[0] * np.log(p) + stats[1] * np.log1p(-p)


def main():
    hm.testing.check_model(Linkage(), 0.5, ANIMALS)
    result = hm.fit(Linkage(), ANIMALS, 0.5)
    print(result.status.value)
    print(result.params, "+-", result.standard_errors()["params"])  # 0.62682 +- 0.05147
    return result


if __name__ == "__main__":
    main()
