"""Student-t components: shapes, missing cells, priors, known parameters, degrees of freedom given or shared."""

import numpy as np
from scipy import stats
from tests.contracts.cases_normal import COVS, MEANS, PRIOR
from tests.contracts.entering import K, family

import hiddenmix as hm
from hiddenmix.families.shapes import SHAPES

DF = np.array([1.5, 3.0, 4.0])


def student(shape, df=DF):
    return hm.StudentParams(MEANS, SHAPES[shape].from_dense(COVS[shape], K), np.broadcast_to(df, (K,)))


def student_oracle(shape):
    def oracle(params, x):
        k, d = params.mean.shape
        roots = shape.roots(params.cov, k, d)
        dense = roots @ np.swapaxes(roots, 1, 2) if roots.ndim == 3 else np.stack([np.diag(r**2) for r in roots])
        out = np.zeros((len(x), k))
        for i, row in enumerate(x):
            seen = ~np.isnan(row)
            for j in range(k if seen.any() else 0):
                t = stats.multivariate_t(params.mean[j, seen], dense[j][np.ix_(seen, seen)], params.df[j])
                out[i, j] = t.logpdf(row[seen])
        return out

    return oracle


def whole_line(column):
    """Nodes and widths of a rule for integrals over the whole line, heavy tails included: v = sinh(pi/2 sinh s)."""
    s = np.linspace(-3.9, 3.9, 2001)
    inner = np.pi / 2 * np.sinh(s)
    return np.sinh(inner), np.cosh(inner) * np.pi / 2 * np.cosh(s) * (s[1] - s[0])


_oracle = student_oracle(SHAPES["full"])
family("student-own-df", hm.Student(), student("full"), _oracle, whole_line, missing=0.2, samples=False)
_held = hm.Student(df=hm.Known(DF, [True, True, False]), mean=hm.Known(MEANS, MEANS == 0))
_known = lambda p: np.append(p.df[:2], p.mean[MEANS == 0])  # noqa: E731
family("student-some-known", _held, student("full"), _oracle, missing=0.1, known=_known)
_shared, _oracle = hm.Student("diag", shared_df=True), student_oracle(SHAPES["diag"])
family("student-shared-df", _shared, student("diag", 5.0), _oracle, whole_line, missing=0.2, constrained=True)
_tied, _oracle = hm.Student("tied", df=8.0, prior=PRIOR), student_oracle(SHAPES["tied"])
family("student-prior", _tied, student("tied", 8.0), _oracle, missing=0.1)

# Skewed: the density by integrating the latent half-normal out, numerically

SKEW = np.array([[2.0, -1.0, 0.5], [-1.0, 2.0, 0.0], [0.5, 0.5, -3.0]])


def skew_oracle(shape):
    """One column of SciPy's skew-normal at a time would miss what relates them: a sum over t instead."""
    nodes, widths = np.polynomial.legendre.leggauss(10)
    t = np.add.outer(np.arange(0, 30, 0.1), 0.05 + 0.05 * nodes).ravel()
    rule = np.tile(0.05 * widths, 300)

    def oracle(params, x):
        k, d = params.skew.shape
        roots = shape.roots(params.normal.cov, k, d)
        dense = roots @ np.swapaxes(roots, 1, 2) if roots.ndim == 3 else np.stack([np.diag(r**2) for r in roots])
        out = np.zeros((len(x), k))
        for i, row in enumerate(x):
            seen = ~np.isnan(row)
            for j in range(k if seen.any() else 0):
                about = stats.multivariate_normal(np.zeros(seen.sum()), dense[j][np.ix_(seen, seen)])
                rest = row[seen] - params.normal.mean[j, seen] - t[:, None] * params.skew[j, seen]
                out[i, j] = np.log(rule @ (np.exp(about.logpdf(rest)) * 2 * stats.norm.pdf(t)))
        return out

    return oracle


def skew_normal(shape):
    return hm.SkewNormalParams(hm.NormalParams(MEANS, SHAPES[shape].from_dense(COVS[shape], K)), SKEW)


SKEWED = {"array_api": False}
_skew, _oracle = skew_normal("tied"), skew_oracle(SHAPES["tied"])
family("skew-normal", hm.SkewNormal("tied"), _skew, _oracle, whole_line, missing=0.2, samples=False, **SKEWED)
_some = np.array([[True], [False], [True]])
_held = hm.SkewNormal(skew=hm.Known(SKEW, _some), location=hm.Known(MEANS, ~_some), prior=PRIOR)
_known = lambda p: np.append(p.skew[::2], p.normal.mean[1])  # noqa: E731
_oracle = skew_oracle(SHAPES["full"])
family("skew-normal-some-known", _held, skew_normal("full"), _oracle, missing=0.1, known=_known, **SKEWED)
family("skew-normal-prior", hm.SkewNormal("diag", prior=PRIOR), skew_normal("diag"), missing=0.1, **SKEWED)


def skew_student(shape, df=DF):
    return hm.SkewStudentParams(skew_normal(shape).normal, SKEW, np.broadcast_to(df, (K,)))


def skew_t_oracle(shape):
    """The latent scale integrated out of skew-normal densities, whose scale is divided by it."""
    s = np.linspace(-3.2, 3.2, 161)
    u, width = np.exp(np.pi / 2 * np.sinh(s)), np.exp(np.pi / 2 * np.sinh(s)) * np.pi / 2 * np.cosh(s) * (s[1] - s[0])

    def oracle(params, x):
        out = np.zeros((len(x), K))
        for value, step in zip(u, width, strict=True):
            cov = shape.from_dense(shape.dense(params.normal.cov) / value, K)
            moved = hm.SkewNormalParams(hm.NormalParams(params.normal.mean, cov), params.skew / np.sqrt(value))
            scale = stats.gamma.pdf(value, params.df / 2, scale=2 / params.df)
            out += np.exp(hm.SkewNormal(shape.name).log_prob(moved, x)) * step * scale
        return np.log(out)

    return oracle


_shared = hm.SkewStudent("tied", shared_df=True, prior=PRIOR)
_oracle = skew_t_oracle(SHAPES["tied"])
_options = {"missing": 0.2, "samples": False, "constrained": True, **SKEWED}
family("skew-t", _shared, skew_student("tied", 4.0), _oracle, whole_line, **_options)
_held = hm.SkewStudent(df=hm.Known(DF, [True, True, False]), prior=PRIOR)
_options = {"missing": 0.1, "samples": False, "known": lambda p: p.df[:2], **SKEWED}
family("skew-t-known", _held, skew_student("full"), skew_t_oracle(SHAPES["full"]), **_options)
