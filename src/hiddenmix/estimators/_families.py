"""The library's families as plain values, for model files: what their densities depend on."""

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
    return {"covariance": f.shape.name, "mean": f.known_mean, "cov": f.known_cov, "units": f.units}


# For every family its name in files, and its constructor arguments; priors do not matter once the fit is made.
SETTINGS: dict[type[Any], tuple[str, Callable[[Any], dict[str, Any]]]] = {
    Normal: ("Normal", lambda f: _normal(f)),
    Binomial: ("Binomial", lambda f: {"trials": f.trials, "p": f.known}),
    Poisson: ("Poisson", lambda f: {"rate": f.known}),
    Categorical: ("Categorical", lambda f: {"levels": f.levels, "p": f.known}),
    Multinomial: ("Multinomial", lambda f: {"trials": f.trials, "p": f.known}),
}
PRODUCTS: dict[type[Any], str] = {Product: "Product", LinearProduct: "LinearProduct"}


def settings_of(family: Family[Any, Any]) -> dict[str, Any]:
    """A family's name and arguments. Raises HM515 for one that is not the library's."""
    kind = type(family)
    if kind in PRODUCTS:
        parts: Any = family
        return {"family": PRODUCTS[kind], "parts": [settings_of(part) for part in parts.families],
                "columns": [list(group) for group in parts.columns]}  # fmt: skip
    if kind not in SETTINGS:
        raise HiddenmixError(
            "HM515", f"{kind.__name__} is a family of your own, which a model file cannot hold", "pickle the estimator"
        )
    name, arguments = SETTINGS[kind]
    return {"family": name, **arguments(family)}


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
    raise HiddenmixError("HM513", f"the file holds a family {name!r}, which this version of hiddenmix does not have")
