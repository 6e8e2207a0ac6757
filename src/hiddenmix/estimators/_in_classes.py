"""A mixture as the subclasses of a classifier's classes: what it shares among them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.estimators._classes import Classes, Sharing
from hiddenmix.estimators._task import Note, Task
from hiddenmix.model import Family


class InClasses:
    """Subclasses that share nothing, unless a final class knows what they can share."""

    @abstractmethod
    def _family(self, task: Task, shape: str) -> tuple[Family[Any, Any], Note]: ...

    @abstractmethod
    def _shapes(self) -> Sequence[str]: ...

    _starting: ClassVar[tuple[str, ...]]
    weights: Any

    def _require_plain(self) -> None:
        """Raise HM410 for arguments about single components, which are subclasses here, found class by class."""
        for name in self._starting:
            if getattr(self, name) is not None:
                what = f"{name} of `mixture` has no meaning for subclasses, which are found class by class"
                raise HiddenmixError("HM410", what, f"{name}=None")
        if not (isinstance(self.weights, str) and self.weights == "free"):
            what = "weights of `mixture` have no meaning for subclasses, whose weights are estimated"
            raise HiddenmixError("HM410", what, "weights='free'; the classes' probabilities are `priors`")
        if len(self._shapes()) > 1:
            raise HiddenmixError(
                "HM410", "subclasses have one kind of covariance", "covariance_type='full', for example"
            )

    def _tied(self) -> str:
        """Whose covariance is the same, unless the classifier is told: "all", "class" or "none"."""
        return "none"

    def _by_itself(self, tied: str) -> dict[str, Any]:
        """The arguments for the subclasses of one class by themselves."""
        return {}

    def _together(self, tied: str) -> dict[str, Any]:
        """The arguments for the subclasses of all classes, as a mixture of components that know of no classes."""
        return self._by_itself(tied if tied == "all" else "none")

    def _subclass_family(
        self, task: Task, classes: Classes, group: Array, sharing: Sharing
    ) -> tuple[Family[Any, Any], Note]:
        """The family of the subclasses of all classes; `group` (k,) are their classes."""
        if sharing.tied != "none" or sharing.rank is not None:
            raise HiddenmixError("HM410", f"{type(self).__name__} has no covariance to share", "tied=None")
        return self._family(task, self._shapes()[0])
