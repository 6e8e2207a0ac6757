"""hiddenmix: find what is hidden in data, with the Expectation-Maximization algorithm.

Public names are imported on first use, so that importing the package is fast.
"""

from __future__ import annotations

import importlib
from typing import Any

_PUBLIC = {
    "hiddenmix._errors": ("HiddenmixError", "HiddenmixTypeError", "HiddenmixWarning"),
    "hiddenmix._tree": ("merge", "pick", "record", "scale", "shared", "static"),
    "hiddenmix.model": ("Degenerate", "Family", "Known", "Model"),
    "hiddenmix.batch": ("Batch", "Evidence", "GroupBatch"),
    "hiddenmix.data": ("Chunks", "Groups", "Rows"),
    "hiddenmix.moments": ("Moments",),
    "hiddenmix.sequences": ("SequenceBatch", "Sequences"),
    "hiddenmix.discover.compare": ("Comparison", "compare"),
    "hiddenmix.discover.effects": ("Effects", "standardised_effects"),
    "hiddenmix.discover.merging": ("Merging", "merge_components"),
    "hiddenmix.discover.pooling": ("Pooled", "pool"),
    "hiddenmix.engine.fit": ("fit",),
    "hiddenmix.engine.accelerate": ("LBFGS", "Anderson", "Auto", "Squarem"),
    "hiddenmix.engine.best": ("Best",),
    "hiddenmix.engine.em": ("EM", "Algorithm"),
    "hiddenmix.engine.incremental": ("Incremental",),
    "hiddenmix.engine.online": ("Online",),
    "hiddenmix.engine.pools": ("Serial", "Threads"),
    "hiddenmix.engine.result": ("Certificate", "Result", "Status"),
    "hiddenmix.engine.split_merge": ("SplitMerge",),
    "hiddenmix.engine.stepper": ("Stepper",),
    "hiddenmix.engine.stopping": ("Gain", "Iterations", "ParameterChange"),
    "hiddenmix.estimators._warnings": ("ConvergenceWarning",),
    "hiddenmix.estimators.categorical": ("CategoricalMixture",),
    "hiddenmix.estimators.conditional": ("Conditional",),
    "hiddenmix.estimators.counts": ("BinomialMixture", "MultinomialMixture", "PoissonMixture"),
    "hiddenmix.estimators.discriminant": ("MixtureDiscriminant",),
    "hiddenmix.estimators.factor": ("FactorAnalysis",),
    "hiddenmix.estimators.factor_mixture": ("FactorMixture",),
    "hiddenmix.estimators.gaussian": ("GaussianMixture",),
    "hiddenmix.estimators.hard": ("HardSubclass", "HardSubclasses", "hard_subclasses"),
    "hiddenmix.estimators.hmm": ("HiddenMarkovModel",),
    "hiddenmix.estimators.imputer": ("NormalImputer",),
    "hiddenmix.estimators": ("load",),
    "hiddenmix.estimators.latent_class": ("LatentClassModel",),
    "hiddenmix.estimators.mixed": ("MixedMixture",),
    "hiddenmix.estimators.own": ("MixtureModel",),
    "hiddenmix.estimators.regression": ("RegressionMixture",),
    "hiddenmix.estimators.student": ("StudentMixture",),
    "hiddenmix.estimators.subclass": ("SubclassClassifier",),
    "hiddenmix.estimators.within": ("ClassStructure", "Within", "within"),
    "hiddenmix.families.beta_binomial": ("BetaBinomial", "BetaBinomialParams"),
    "hiddenmix.families.beta": ("Beta", "BetaParams"),
    "hiddenmix.families.exponential": ("Exponential", "ExponentialParams"),
    "hiddenmix.families.gamma": ("Gamma", "GammaParams"),
    "hiddenmix.families.geometric": ("Geometric", "GeometricParams"),
    "hiddenmix.families.inverse_gaussian": ("InverseGaussian", "InverseGaussianParams"),
    "hiddenmix.families.log_normal": ("LogNormal", "LogNormalParams"),
    "hiddenmix.families.von_mises": ("VonMises", "VonMisesParams"),
    "hiddenmix.families.binomial": ("Binomial", "BinomialParams", "Tosses"),
    "hiddenmix.families.bernoulli": ("Bernoulli",),
    "hiddenmix.families.categorical": ("Categorical", "CategoricalParams"),
    "hiddenmix.families.censored": ("CensoredExponential", "CensoredNormal", "CensoredNormalParams"),
    "hiddenmix.families.choice": ("Choice", "ChoiceParams"),
    "hiddenmix.families.dirichlet": ("Dirichlet", "DirichletParams"),
    "hiddenmix.families.factor_shapes": ("FactorShape",),
    "hiddenmix.families.multinomial": ("Multinomial", "MultinomialParams"),
    "hiddenmix.families.negative_binomial": ("NegativeBinomial", "NegativeBinomialParams"),
    "hiddenmix.families.poisson": ("Poisson", "PoissonParams"),
    "hiddenmix.families.product": ("Product",),
    "hiddenmix.families.skew_normal": ("SkewNormal", "SkewNormalParams"),
    "hiddenmix.families.skew_t": ("SkewStudent", "SkewStudentParams"),
    "hiddenmix.families.student": ("Student", "StudentParams"),
    "hiddenmix.families.normal": ("Normal", "NormalParams", "NormalPrior"),
    "hiddenmix.families._regression_design": ("Design",),
    "hiddenmix.families.regression": ("NormalRegression", "RegressionParams", "RegressionPrior"),
    "hiddenmix.families.regression_random": ("Panel", "RandomParams", "RandomRegression"),
    "hiddenmix.families.regression_glm": ("BinomialRegression", "GammaRegression", "GlmParams", "PoissonRegression"),
    "hiddenmix.families.uniform": ("Uniform", "UniformParams"),
    "hiddenmix.families.von_mises_fisher": ("VonMisesFisher", "VonMisesFisherParams"),
    "hiddenmix.families.times": ("Times",),
    "hiddenmix.families.truncated_exponential": ("TruncatedExponential",),
    "hiddenmix.families.truncated_normal": ("TruncatedNormal", "TruncatedNormalParams"),
    "hiddenmix.families.truncated_weibull": ("TruncatedWeibull",),
    "hiddenmix.families.weibull": ("Weibull", "WeibullParams"),
    "hiddenmix.families.zero_inflated": ("ZeroInflated", "ZeroInflatedParams"),
    "hiddenmix.latent._weights": ("GroupWeights",),
    "hiddenmix.latent.gates": ("GatedMixture", "GatedParams"),
    "hiddenmix.latent.markov": ("Markov", "MarkovParams"),
    "hiddenmix.latent.mixture": ("Mixture", "MixtureParams"),
    "hiddenmix.latent.single": ("Single",),
    "hiddenmix.latent.wrappers": ("DrawnParams", "Hard", "Stochastic", "Tempered"),
    "hiddenmix.variants": ("Annealed", "Drawn", "anneal"),
}
_WHERE = {name: module for module, names in _PUBLIC.items() for name in names}
_MODULES = ("datasets", "engine", "families", "io", "latent", "plot", "report", "testing")

__all__ = [*sorted(_WHERE), *_MODULES, "__version__"]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        value = getattr(importlib.import_module(_WHERE[name]), name)
    elif name == "__version__":
        value = importlib.import_module("importlib.metadata").version("hiddenmix")
    elif name in _MODULES:
        value = importlib.import_module(f"hiddenmix.{name}")
    else:
        raise AttributeError(f"module 'hiddenmix' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
