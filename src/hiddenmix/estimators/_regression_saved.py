"""Model files of mixtures of regressions."""

from __future__ import annotations

from typing import Any, Self

from sklearn.utils.validation import check_is_fitted

from hiddenmix._errors import HiddenmixError
from hiddenmix.estimators._families import densities_of, family_from
from hiddenmix.estimators._fitted import Fitted
from hiddenmix.estimators._regression_data import Reader
from hiddenmix.estimators._saving import (
    Filed,
    _packed_result,
    _result,
    packed,
    packed_selection,
    plain_attributes,
    restore_attributes,
    unpacked,
)
from hiddenmix.latent.gates import GatedMixture
from hiddenmix.latent.mixture import Mixture

SHOWN = (
    *("coef_", "intercept_", "coef_names_", "weights_", "scale_", "shape_", "covariance_", "gate_"),
    *("n_components_", "n_features_in_", "feature_names_in_", "n_iter_", "converged_", "lower_bound_"),
)  # attributes that follow from the others


class RegressionFile(Filed):
    """Writing to, and reading from, model files."""

    _fitted: Fitted

    def _payload(self) -> dict[str, Any]:
        check_is_fitted(self)
        me: Any = self
        fitted, reader = self._fitted, self._fitted.reader
        if reader.formula is not None:
            what = "what a formula learnt of the data's categories, which a model file cannot hold"
            raise HiddenmixError("HM515", what, "pickle the estimator, or fit arrays")
        gate = getattr(fitted.model, "gate", None)
        return {
            "estimator": type(self).__name__,
            "arguments": {name: packed(value) for name, value in me.get_params(deep=False).items()},
            "attributes": {name: value for name, value in plain_attributes(self).items() if name not in SHOWN},
            "random": list(me.random_names_),
            "reader": {"names": list(reader.names), "width": reader.width, "columns": packed(reader.columns)},
            "family": packed(densities_of(fitted.model.family)),
            "gate": None if gate is None else {"centre": gate.centre, "scale": gate.scale},
            "params": packed(fitted.params),
            "facts": packed(fitted.facts),
            "result": _packed_result(me.result_),
            "selection": packed_selection(self),
        }

    @classmethod
    def _restored(cls, content: dict[str, Any]) -> Self:
        made: Any = cls(**{name: unpacked(value) for name, value in content["arguments"].items()})
        restore_attributes(made, content)
        made.random_names_ = list(content["random"])
        columns = content["reader"]["columns"]
        reader = Reader(
            tuple(content["reader"]["names"]), content["reader"]["width"], None if columns is None else tuple(columns)
        )
        params = unpacked(content["params"])
        family, k = family_from(unpacked(content["family"])), len(params.weights)
        model: Any = Mixture(family, k, weights=made.weights)
        if content["gate"] is not None:
            model = GatedMixture(family, k, penalty=made.penalty, **content["gate"])
        fitted = Fitted(model, params, reader, reader.width, reader.columns, facts=unpacked(content["facts"]))
        shown: Self = made._show(fitted, _result(model, params, content["result"]))
        return shown
