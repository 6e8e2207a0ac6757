"""Pictures of rows in one or two columns: made alike, and drawn each in its own way."""

from __future__ import annotations

from typing import Any, Self

from hiddenmix.plot._display import Display
from hiddenmix.plot._plane import Columns, Plane, plane
from hiddenmix.plot._view import View


class PlaneDisplay(Display):
    """The rows of a table in one or two of its columns."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any = None, *, columns: Columns = None, ax: Any = None, sample_weight: Any = None,
        known_labels: Any = None, covariates: Any = None,
    ) -> Self:  # fmt: skip
        """The rows of a table by a fitted mixture or classifier made of mixtures, or of a `Stepper` as it stands.

        Parameters
        ----------
        columns : int, str, or two of them
            The columns to show, by number or name; otherwise the two in which components differ most.

        Raises
        ------
        HiddenmixError : HM416 categories; HM501 to HM503 a table that is not like that of the fit
        """
        return cls.from_view(View.of(model, X, sample_weight, known_labels, covariates), columns).plot(ax)

    @classmethod
    def from_view(cls, view: View, columns: Columns = None) -> Self:
        """The numbers of the picture."""
        return cls(plane(view, columns))
