"""A mixture as the subclasses of a classifier's classes: what it shares among them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

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

    def _tied(self) -> str:
        """Whose covariance is the same, unless the classifier is told: "all", "class" or "none"."""
        return "none"

    def _by_itself(self, tied: str) -> dict[str, Any]:
        """The arguments for the subclasses of one class by themselves."""
        return {}

    def _subclass_family(
        self, task: Task, classes: Classes, group: Array, sharing: Sharing
    ) -> tuple[Family[Any, Any], Note]:
        """The family of the subclasses of all classes; `group` (k,) are their classes."""
        if sharing.tied != "none" or sharing.rank is not None:
            raise HiddenmixError("HM410", f"{type(self).__name__} has no covariance to share", "tied=None")
        return self._family(task, self._shapes()[0])
