"""Which subclasses are taken for which classes."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import check_weights
from hiddenmix.discover.confused import confusion, errors_of
from hiddenmix.estimators._classes import codes_of
from hiddenmix.estimators._hard_report import HardSubclasses
from hiddenmix.plot._colours import PALETTE, colours
from hiddenmix.plot._display import SIZE, Display, label_text, styled
from hiddenmix.plot._panels import outline, percent, shaded_table, whole


class ConfusionDisplay(Display):
    """Subclasses, grouped by class, against the classes that their rows were taken for.

    A cell has the weight of the rows, and their share of the subclass, which is also its shade: blue in the
    subclass's own class, which has a frame, and red elsewhere. Memberships share a row out among the subclasses of its
    class, so that weights need not be whole.

    Parameters
    ----------
    table : array of shape (K, m)
        Weights of rows.
    group : array of shape (K,)
        The class of each subclass, as a column of the table.
    names : sequence of K str
    classes : sequence of m str

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    image_ : AxesImage
    order_ : array of shape (K,)
        Subclasses as they stand below one another.
    """

    def __init__(self, table: Array, group: Array, names: Any, classes: Any) -> None:
        self.table, self.group = np.asarray(table, dtype=float), np.asarray(group, dtype=int)
        self.names, self.classes = tuple(map(str, names)), tuple(map(str, classes))

    @classmethod
    def from_estimator(
        cls, model: Any, X: Any = None, y: Any = None, *, sample_weight: Any = None, ax: Any = None
    ) -> Self:
        """The subclasses of a fitted classifier on rows X with classes y.

        On the rows of the fit this is too good to be true; `from_report(hm.hard_subclasses(...))` is out of fold.

        Raises
        ------
        HiddenmixError : HM416 a model without subclasses; HM503 a class that the fit never saw
        """
        if not hasattr(model, "subclass_memberships"):
            raise HiddenmixError(
                "HM416",
                f"a {type(model).__name__} has no subclasses",
                "hm.MixtureDiscriminant or hm.SubclassClassifier",
            )
        if y is None:
            raise HiddenmixError("HM416", "a confusion needs the rows and their classes", "from_estimator(model, X, y)")
        memberships = np.asarray(model.subclass_memberships(X, y))
        n, m = len(memberships), len(model.classes_)
        known = codes_of(y, n, model.classes_) >= 0
        weight = check_weights(sample_weight, n)
        taken = codes_of(model.predict(X), n, model.classes_)
        table = confusion(memberships[known], taken[known], m, None if weight is None else weight[known])
        return cls(table, model.subclass_classes_, model.subclass_names_, model.classes_).plot(ax)

    @classmethod
    def from_report(cls, hard: HardSubclasses, *, ax: Any = None) -> Self:
        """What `hm.hard_subclasses` found."""
        return cls.of_report(hard).plot(ax)

    @classmethod
    def of_report(cls, hard: HardSubclasses) -> Self:
        """The numbers of the picture."""
        place = {name: j for j, name in enumerate(hard.classes)}
        group = [place[s.of] for s in sorted(hard.subclasses, key=lambda s: s.index)]
        return cls(hard.confusion, np.array(group), hard.names, hard.classes)

    def plot(self, ax: Any = None) -> Self:
        """Draw the table."""
        order = self.order_ = np.argsort(self.group, kind="stable")
        table, group = self.table[order], self.group[order]
        rows, m = table.shape
        total = np.maximum(table.sum(axis=1, keepdims=True), 1e-300)
        shares = table / total
        blue, red = colours(2)[::-1]
        right = np.arange(m) == group[:, None]
        tall, wide = max(SIZE[1], 1.2 + 0.42 * rows), max(SIZE[0], 2.0 + 0.62 * m)
        with styled():
            ax = self._place(ax, (wide, tall))
            texts = [[_cell(w, s, m) for w, s in zip(*pair)] for pair in zip(table, shares)]
            named = [label_text(self.names[j], most=20) for j in order]
            classes = [label_text(name, most=16) for name in self.classes]
            self.image_ = shaded_table(ax, shares, texts, named, classes, np.where(right[..., None], blue, red))
            for i, j in enumerate(group):
                outline(ax, i, int(j), PALETTE[1])
            for border in np.flatnonzero(np.diff(group)):
                ax.axhline(border + 0.5, color="black", lw=1)
            ax.set(xlabel="taken for the class", ylabel="subclass")
            wrong = float(errors_of(self.table, self.group).wrong.sum())
            n = float(self.table.sum())
            ax.set_title(f"{whole(wrong)} of {whole(n)} rows wrong ({percent(wrong / n if n else 0.0)})", fontsize=9)
        return self

    def words(self) -> str:
        """How many rows are wrong, and which subclass has most of them."""
        errors = errors_of(self.table, self.group)
        worst = int(np.argmax(errors.wrong))
        n, wrong = float(self.table.sum()), float(errors.wrong.sum())
        text = f"{whole(wrong)} of {whole(n)} rows are taken for another class."
        if wrong <= 0:
            return text
        others = self.table[worst] * (np.arange(len(self.classes)) != self.group[worst])
        return (
            f"{text} Subclass {self.names[worst]} has {whole(float(errors.wrong[worst]))} of them, "
            f"mostly taken for {self.classes[int(np.argmax(others))]}."
        )


def _cell(weight: float, share: float, columns: int) -> str:
    if weight < 0.05:
        return ""
    return f"{whole(weight)}\n{percent(share)}" if columns <= 8 else whole(weight)
