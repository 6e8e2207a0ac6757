"""The library's families as plain values, for model files: their constructor arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hiddenmix._errors import HiddenmixError
from hiddenmix.families.binomial import Binomial
from hiddenmix.families.categorical import Categorical
from hiddenmix.families.multinomial import Multinomial
from hiddenmix.families.normal import Normal
from hiddenmix.families.poisson import Poisson
from hiddenmix.families.product import LinearProduct, Product
from hiddenmix.model import Family


def _normal(f: Normal) -> dict[str, Any]:
    given = {"covariance": f.shape.name, "mean": f.known_mean, "cov": f.known_cov, "units": f.units}
    return {**given, "groups": f.groups, "rank": f.rank, "prior": f.prior_spec, "reg_covar": f.reg_covar}


# For every family its name in files, and its constructor arguments.
SETTINGS: dict[type[Any], tuple[str, Callable[[Any], dict[str, Any]]]] = {
    Normal: ("Normal", _normal),
    Binomial: ("Binomial", lambda f: {"trials": f.trials, "p": f.known, "prior": f.pseudo}),
    Poisson: ("Poisson", lambda f: {"rate": f.known, "prior": f.pseudo}),
    Categorical: ("Categorical", lambda f: {"levels": f.levels, "p": f.known, "prior": f.pseudo}),
    Multinomial: ("Multinomial", lambda f: {"trials": f.trials, "p": f.known, "prior": f.pseudo}),
}
PRODUCTS: dict[type[Any], str] = {Product: "Product", LinearProduct: "LinearProduct"}
FITTING = ("prior", "reg_covar")  # arguments on which fits depend, and densities do not


def is_family(value: Any) -> bool:
    """Whether a value is a family; those of users subclass `Family` as ours do."""
    return Family in type(value).__mro__


def settings_of(family: Any) -> dict[str, Any]:
    """A family's name and arguments. Raises HM515 for one that is not the library's."""
    kind = type(family)
    if kind in PRODUCTS:
        parts = [settings_of(part) for part in family.families]
        return {"family": PRODUCTS[kind], "parts": parts, "columns": [list(group) for group in family.columns]}
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
    kept = {name: value for name, value in settings.items() if name not in FITTING}
    return kept | {"parts": [_stripped(part) for part in kept["parts"]]} if "parts" in kept else kept


def family_from(settings: dict[str, Any]) -> Family[Any, Any]:
    """The family of `settings_of`. Raises HM513 for a name that is not known."""
    name, arguments = settings["family"], {key: value for key, value in settings.items() if key != "family"}
    for kind, known in PRODUCTS.items():
        if name == known:
            product: Family[Any, Any] = kind([family_from(part) for part in arguments["parts"]], arguments["columns"])
            return product
    for kind, (known, _) in SETTINGS.items():
        if name == known:
            family: Family[Any, Any] = kind(**arguments)
            return family
    raise HiddenmixError(
        "HM513",
        f"the file holds a family {name!r}, which this version of hiddenmix does not have",
        "the version that wrote it",
    )
