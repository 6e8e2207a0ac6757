"""scikit-learn estimators: each a signature, a docstring and a model; what they share stands beside them."""

from __future__ import annotations

import os
from typing import Any


def load(path: str | os.PathLike[str]) -> Any:
    """The estimator in a model file, whatever its class.

    Parameters
    ----------
    path : str or path
        A file that `save`, or `hiddenmix fit --out`, wrote.

    Raises
    ------
    HiddenmixError : HM101 no such file, HM511 to HM513 not a usable model file, HM514 not an estimator
    """
    from hiddenmix.estimators._load import load_any

    return load_any(path)


__all__ = ["load"]
