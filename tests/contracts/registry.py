"""Every family and model, with parameters, data and a second opinion. A new one is a new entry; the tests are there.

The entries stand in the modules `cases_*.py` beside this one.
"""

import importlib
from pathlib import Path

from tests.contracts.entering import FAMILIES, MODELS, VARIANTS, WEIGHTS, K

for _path in sorted(Path(__file__).parent.glob("cases_*.py")):
    importlib.import_module(f"tests.contracts.{_path.stem}")

__all__ = ["FAMILIES", "MODELS", "VARIANTS", "WEIGHTS", "K"]
