"""Reading any estimator from a model file."""

from __future__ import annotations

import os
from typing import Any

from hiddenmix._errors import HiddenmixError
from hiddenmix.estimators._saving import restored
from hiddenmix.estimators.categorical import CategoricalMixture
from hiddenmix.estimators.counts import BinomialMixture, MultinomialMixture, PoissonMixture
from hiddenmix.estimators.discriminant import MixtureDiscriminant
from hiddenmix.estimators.factor import FactorAnalysis
from hiddenmix.estimators.factor_mixture import FactorMixture
from hiddenmix.estimators.gaussian import GaussianMixture
from hiddenmix.estimators.hmm import HiddenMarkovModel
from hiddenmix.estimators.imputer import NormalImputer
from hiddenmix.estimators.latent_class import LatentClassModel
from hiddenmix.estimators.mixed import MixedMixture
from hiddenmix.estimators.own import MixtureModel
from hiddenmix.estimators.regression import RegressionMixture
from hiddenmix.estimators.student import StudentMixture
from hiddenmix.io import load_model

ESTIMATORS: dict[str, type[Any]] = {
    cls.__name__: cls
    for cls in (
        GaussianMixture,
        BinomialMixture,
        MultinomialMixture,
        PoissonMixture,
        CategoricalMixture,
        LatentClassModel,
        MixedMixture,
        MixtureModel,
        RegressionMixture,
        StudentMixture,
        NormalImputer,
        FactorAnalysis,
        FactorMixture,
        HiddenMarkovModel,
        MixtureDiscriminant,
    )
}


def load_any(path: str | os.PathLike[str]) -> Any:
    """The estimator in a model file, by the class that it names."""
    content = load_model(path)
    name = content.get("estimator") if isinstance(content, dict) else None
    if name not in ESTIMATORS:
        raise HiddenmixError(
            "HM514",
            f"the file holds {name or 'no estimator'}, no estimator of this hiddenmix",
            "hiddenmix.io.load_model(path)",
        )
    return restored(ESTIMATORS[name], content)
