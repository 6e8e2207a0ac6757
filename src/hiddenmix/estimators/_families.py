"""The library's families as plain values, for model files: their constructor arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hiddenmix._errors import HiddenmixError
from hiddenmix.families._independent import IndependentColumns
from hiddenmix.families.beta import Beta
from hiddenmix.families.beta_binomial import BetaBinomial
from hiddenmix.families.binomial import Binomial
from hiddenmix.families.categorical import Categorical
from hiddenmix.families.censored import CensoredExponential, CensoredNormal
from hiddenmix.families.choice import Choice
from hiddenmix.families.dirichlet import Dirichlet
from hiddenmix.families.exponential import Exponential
from hiddenmix.families.gamma import Gamma
from hiddenmix.families.geometric import Geometric
from hiddenmix.families.inverse_gaussian import InverseGaussian
from hiddenmix.families.log_normal import LogNormal
from hiddenmix.families.multinomial import Multinomial
from hiddenmix.families.negative_binomial import NegativeBinomial
from hiddenmix.families.normal import Normal
from hiddenmix.families.poisson import Poisson
from hiddenmix.families.product import LinearProduct, Product
from hiddenmix.families.regression import NormalRegression
from hiddenmix.families.regression_glm import BinomialRegression, GammaRegression, PoissonRegression
from hiddenmix.families.regression_random import RandomRegression
from hiddenmix.families.skew_normal import SkewNormal
from hiddenmix.families.skew_t import SkewStudent
from hiddenmix.families.student import Student
from hiddenmix.families.truncated_exponential import TruncatedExponential
from hiddenmix.families.truncated_normal import TruncatedNormal
from hiddenmix.families.truncated_weibull import TruncatedWeibull
from hiddenmix.families.uniform import Uniform
from hiddenmix.families.von_mises import VonMises
from hiddenmix.families.von_mises_fisher import VonMisesFisher
from hiddenmix.families.weibull import Weibull
from hiddenmix.families.zero_inflated import ZeroInflated
from hiddenmix.model import Family


def _normal(f: Normal) -> dict[str, Any]:
    given = {"covariance": f.shape.name, "mean": f.known_mean, "cov": f.known_cov, "units": f.units}
    return {**given, "groups": f.groups, "rank": f.rank, "prior": f.prior_spec, "reg_covar": f.reg_covar}


def _student(f: Student) -> dict[str, Any]:
    given = {name: value for name, value in _normal(f.normal).items() if name not in ("rank", "reg_covar")}
    return {**given, "df": f.df.known, "shared_df": f.df.shared}


def _lines(f: NormalRegression) -> dict[str, Any]:
    return {"variance": f.variance, "shared": list(f.shared), "coef": f.known_coef, "prior": f.prior_spec}


def _glm(f: Any) -> dict[str, Any]:
    return {"shared": list(f.shared), "coef": f.known_coef, "prior": f.prior_spec}


def _skewed(f: SkewNormal | SkewStudent) -> dict[str, Any]:
    inner = _normal(f.normal)
    given = {"location": inner["mean"], "scale": inner["cov"], "skew": f.known_skew}
    return {**given, **{name: inner[name] for name in ("covariance", "groups", "prior")}}


# For every family its name in files, and its constructor arguments.
SETTINGS: dict[type[Any], tuple[str, Callable[[Any], dict[str, Any]]]] = {
    Normal: ("Normal", _normal),
    Student: ("Student", _student),
    SkewNormal: ("SkewNormal", _skewed),
    SkewStudent: ("SkewStudent", lambda f: {**_skewed(f), "df": f.df.known, "shared_df": f.df.shared}),
    Binomial: ("Binomial", lambda f: {"trials": f.trials, "p": f.known, "prior": f.pseudo}),
    Poisson: ("Poisson", lambda f: {"rate": f.known, "prior": f.pseudo}),
    Categorical: ("Categorical", lambda f: {"levels": f.levels, "p": f.known, "prior": f.pseudo}),
    VonMisesFisher: (
        "VonMisesFisher",
        lambda f: {"mean": f.known_mean, "kappa": f.known_kappa, "prior": f.pseudo},
    ),
    Dirichlet: ("Dirichlet", lambda f: {"alpha": f.known, "prior": f.pseudo}),
    Uniform: ("Uniform", lambda f: {"bounds": f.bounds}),
    Multinomial: ("Multinomial", lambda f: {"trials": f.trials, "p": f.known, "prior": f.pseudo}),
    ZeroInflated: (
        "ZeroInflated",
        lambda f: {"counts": settings_of(f.family), "inflation": f.known, "prior": f.pseudo},
    ),
    NormalRegression: ("NormalRegression", lambda f: _lines(f) | {"sd": f.known_sd}),
    PoissonRegression: ("PoissonRegression", lambda f: _glm(f)),
    BinomialRegression: ("BinomialRegression", lambda f: _glm(f)),
    GammaRegression: ("GammaRegression", lambda f: _glm(f) | {"shape": f.known_shape}),
    RandomRegression: ("RandomRegression", lambda f: _lines(f.lines) | {"covariance": f.covariance}),
}
# Families with independent columns know their own arguments.
COLUMNWISE: tuple[type[IndependentColumns[Any, Any]], ...] = (
    Beta,
    BetaBinomial,
    CensoredExponential,
    CensoredNormal,
    Exponential,
    Gamma,
    Geometric,
    InverseGaussian,
    LogNormal,
    NegativeBinomial,
    TruncatedExponential,
    TruncatedNormal,
    TruncatedWeibull,
    VonMises,
    Weibull,
)
SETTINGS |= {kind: (kind.__name__, IndependentColumns.arguments) for kind in COLUMNWISE}
# For every family made of others its name, and its arguments besides these.
COMBINED: dict[type[Any], tuple[str, Callable[[Any], dict[str, Any]]]] = {
    Product: ("Product", lambda f: {"columns": [list(group) for group in f.columns]}),
    LinearProduct: ("LinearProduct", lambda f: {"columns": [list(group) for group in f.columns]}),
    Choice: ("Choice", lambda f: {"sizes": f.sizes}),
}
FITTING = ("prior", "reg_covar")  # arguments on which fits depend, and densities do not


def is_family(value: Any) -> bool:
    """Whether a value is a family; those of users subclass `Family` as ours do."""
    return Family in type(value).__mro__


def settings_of(family: Any) -> dict[str, Any]:
    """A family's name and arguments. Raises HM515 for one that is not the library's."""
    kind = type(family)
    if kind in COMBINED:
        name, arguments = COMBINED[kind]
        return {"family": name, "parts": [settings_of(part) for part in family.families], **arguments(family)}
    if kind not in SETTINGS:
        raise HiddenmixError(
            "HM515", f"{kind.__name__} is a family of your own, which a model file cannot hold", "pickle the estimator"
        )
    name, arguments = SETTINGS[kind]
    return {"family": name, **arguments(family)}


def densities_of(family: Any) -> dict[str, Any]:
    """The name and arguments of a fitted family, as far as its densities depend on them."""
    return _stripped(settings_of(family))


def _stripped(settings: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in settings.items() if name not in FITTING}
    kept: dict[str, Any] = {name: _stripped(value) if _is_nested(value) else value for name, value in plain.items()}
    return kept | {"parts": [_stripped(part) for part in kept["parts"]]} if "parts" in kept else kept


def _is_nested(value: Any) -> bool:
    """Whether an argument is itself a family, as settings."""
    return isinstance(value, dict) and "family" in value


def family_from(settings: dict[str, Any]) -> Family[Any, Any]:
    """The family of `settings_of`. Raises HM513 for a name that is not known."""
    name, arguments = settings["family"], {key: value for key, value in settings.items() if key != "family"}
    for kind, (known, _) in COMBINED.items():
        if name == known:
            parts = [family_from(part) for part in arguments.pop("parts")]
            combined: Family[Any, Any] = kind(parts, **arguments)
            return combined
    for kind, (known, _) in SETTINGS.items():
        if name == known:
            arguments = {key: family_from(v) if _is_nested(v) else v for key, v in arguments.items()}
            family: Family[Any, Any] = kind(**arguments)
            return family
    raise HiddenmixError(
        "HM513",
        f"the file holds a family {name!r}, which this version of hiddenmix does not have",
        "the version that wrote it",
    )
