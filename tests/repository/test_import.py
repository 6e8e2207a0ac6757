"""`import hiddenmix` is cheap: what is heavy is loaded when it is first needed."""

import subprocess
import sys

import pytest

HEAVY = ["sklearn", "scipy.stats", "matplotlib", "duckdb", "numba", "pandas", "polars", "pyarrow", "dask", "rich"]


def loaded_after(code: str) -> list[str]:
    """The heavy packages that a fresh interpreter has loaded after running this."""
    report = f"import sys; print(*(name for name in {HEAVY} if name in sys.modules))"
    out = subprocess.run([sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True)
    return out.stdout.splitlines()[-1].split()


@pytest.mark.parametrize("code", ["import hiddenmix", "import hiddenmix; dir(hiddenmix); hiddenmix.__version__"])
def test_import_loads_nothing_heavy(code):
    assert loaded_after(code) == []


def test_the_model_layer_needs_no_scikit_learn():
    layer = "import hiddenmix as hm; hm.Mixture(hm.Binomial(trials=10), 2)"
    assert not {"sklearn", "matplotlib", "duckdb", "numba"} & set(loaded_after(layer))


def test_every_public_name_is_there():
    import hiddenmix

    missing = [name for name in hiddenmix.__all__ if not hasattr(hiddenmix, name)]
    assert missing == []
    assert set(hiddenmix.__all__) <= set(dir(hiddenmix))
