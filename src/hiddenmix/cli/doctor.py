"""``hiddenmix doctor``: what is installed, what is missing, and the line that installs it."""

from __future__ import annotations

import os
import platform
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import click

from hiddenmix.cli._command import Command, emit, emit_json, emit_table, output_options, say
from hiddenmix.kernels import linear

__all__ = ["OPTIONAL", "command"]

_CORE: Final = ("hiddenmix", "numpy", "scipy", "scikit-learn", "narwhals", "array-api-compat")

#: Extra -> its packages, and what they bring.
OPTIONAL: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "cli": (("click", "rich", "duckdb"), "the command line; reading CSV, Parquet and JSON files"),
    "plot": (("matplotlib",), "pictures"),
    "report": (("jinja2",), "reports"),
    "lab": (("starlette", "uvicorn"), "the lab in the browser"),
    "fast": (("llvmlite",), "compiled E-steps for large tables"),
    "formula": (("formulaic",), "formulas for regressions"),
    "dask": (("dask", "distributed"), "tables spread over a cluster"),
}


@click.command("doctor", cls=Command)
@output_options
def command(as_json: bool) -> None:
    """Show versions, threads, and which optional packages are missing."""
    core = {name: _version(name) for name in _CORE}
    extras = {extra: {name: _version(name) for name in packages} for extra, (packages, _) in OPTIONAL.items()}
    blas, slow = _thread_pools(), linear.unavailable()
    lacking = [extra for extra, found in extras.items() if None in found.values()]
    install = f'pip install "hiddenmix[{",".join(lacking)}]"' if lacking else None
    if as_json:
        emit_json(
            {
                "python": platform.python_version(),
                "platform": platform.platform(),
                "cpus": os.cpu_count(),
                "thread_pools": blas,
                "compiled": slow is None,
                "why_not_compiled": slow,
                "core": core,
                "extras": extras,
                "install": install,
            }
        )
        return
    emit(f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} CPUs")
    for pool in blas:
        emit(f"{pool['library']} {pool['version'] or ''}, {pool['threads']} threads")
    emit(f"E-steps of large tables: {'compiled' if slow is None else f'NumPy only ({slow})'}")
    rows = [(name, found or "missing", "core") for name, found in core.items()]
    for extra, found in extras.items():
        rows += [(name, there or "missing", f"[{extra}] {OPTIONAL[extra][1]}") for name, there in found.items()]
    emit_table(("package", "version", "for"), rows)
    say(f"To have everything:  {install}" if install else "Everything is installed.")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _thread_pools() -> list[dict[str, Any]]:
    """The linear-algebra and OpenMP libraries in use, and how many threads each may take."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return []
    import_module("scipy.linalg")  # a library shows up once it is loaded
    return [
        {"library": info["internal_api"], "version": info.get("version"), "threads": info["num_threads"]}
        for info in threadpool_info()
    ]
