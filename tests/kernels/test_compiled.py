"""What the compiled programs are made of: elementary functions, vectors of other machines, the time to compile."""

import ctypes
import math
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("llvmlite", reason="the compiled kernels need llvmlite")

from hiddenmix.kernels import _elementary, linear
from hiddenmix.kernels._compiler import Interface, compiled
from hiddenmix.kernels._llvm import LANES

INTERFACE = Interface(("n",), (), ("x", "out"))


def by_vectors(function):
    """A function of arrays, from one of vectors."""

    def program(c, a):
        with c.count(0, a.n, LANES) as at:
            a.out[at] = function(c, a.x.vector(at))

    (run,) = compiled(INTERFACE, program)

    def apply(x):
        padded = np.ones(-(-x.size // LANES) * LANES)
        padded[: x.size] = x
        out = np.empty_like(padded)
        run(ctypes.byref(INTERFACE.structure(n=padded.size, x=padded.ctypes.data, out=out.ctypes.data)))
        return out[: x.size]

    return apply


def ulps(got, want):
    return np.max(np.abs(got - want) / np.spacing(np.abs(want)))


def test_exponential():
    exp = by_vectors(_elementary.exp)
    rng = np.random.default_rng(0)
    near = np.concatenate([rng.uniform(-708, 0, 200_000), -rng.exponential(size=50_000), [0.0, -0.0, -1e-300]])
    assert ulps(exp(near), np.array([math.exp(v) for v in near])) <= 1
    far = np.array([-709.1, -745.0, -746.0, -1e4, -1e30, -1e300, -np.inf])
    np.testing.assert_array_equal(exp(far), 0.0)
    assert np.isnan(exp(np.array([np.nan]))).all()
    assert exp(np.array([0.0])) == 1.0


def test_logarithm():
    log = by_vectors(_elementary.log)
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.uniform(1, 2, 100_000), np.exp(rng.uniform(-700, 700, 100_000)), [1.0, 2.0, 256.0]])
    assert ulps(log(x), np.array([math.log(v) for v in x])) <= 1
    assert log(np.array([1.0])) == 0.0


OTHER_MACHINE = """
import sys
import llvmlite.binding as binding
features = binding.get_host_cpu_features()
for name in {without}:
    for known in [known for known in features if known.startswith(name)]:
        features[known] = False
binding.get_host_cpu_features = lambda: features
binding.get_host_cpu_name = lambda: "generic"
import pytest
sys.exit(pytest.main(["-q", "-x", "--no-header", "-p", "no:cacheprovider", {tests!r}]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("without", [["avx512"], ["avx", "fma", "f16c", "xop", "vaes", "vpclmul"]], ids=["avx2", "sse"])
def test_other_machines(without):
    """The same tests with the vectors and registers of machines that have fewer."""
    tests = __file__.replace("test_compiled", "test_linear")
    code = OTHER_MACHINE.format(without=without, tests=tests)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def test_it_compiles_here():
    assert linear.unavailable() is None


def test_import_loads_no_compiler():
    code = "import sys, hiddenmix.kernels.linear; print('llvmlite' in sys.modules, 'numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
