"""Lines as Markdown, and everything as JSON."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import math
import os
import platform
from pathlib import Path
from typing import Any

import numpy as np
import sklearn

import hiddenmix
from bench.case import Line, Target
from bench.libraries import RIVALS
from hiddenmix.engine.pools import available_cores
from hiddenmix.kernels import linear

HEAD = (
    "| case | hiddenmix | the other side | median (lowest to highest) | target | reached |\n|---|---|---|---|---|---|"
)


def machine() -> dict[str, Any]:
    """What the figures depend on: processor, cores, versions, and how busy the machine is."""
    versions = {"hiddenmix": hiddenmix.__version__, "numpy": np.__version__, "scikit-learn": sklearn.__version__}
    for library in RIVALS.values():
        if library.installed() and library.name not in versions:
            versions[library.name] = importlib.metadata.version(library.module)
    return {
        "processor": processor(),
        "cores": available_cores(),
        "python": platform.python_version(),
        "versions": versions,
        "compiled": linear.unavailable() is None,
        "load": os.getloadavg() if hasattr(os, "getloadavg") else None,
    }


def processor() -> str:
    """What the processor calls itself."""
    about = Path("/proc/cpuinfo")
    for line in about.read_text(encoding="utf-8").splitlines() if about.exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def header(about: dict[str, Any]) -> str:
    """The machine in a sentence."""
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    kernel = "compiled kernel" if about["compiled"] else "NumPy only"
    return f"{about['cores']} cores ({about['processor']}), float64, full covariances, {kernel}; {versions}."


def markdown(line: Line) -> str:
    """A line as a row of the table."""
    other = "" if line.other is None else f"{amount(line.other, line.measure)} ({line.against})"
    ours = "" if line.ours is None else amount(line.ours, line.measure)
    cells = [line.what, ours, other, spread(line), goal(line.target, line.unit), verdict(line)]
    return f"| {' | '.join(cells)} |"


def spread(line: Line) -> str:
    """The median, and from where to where the figures go; the share of yes where they are yes and no."""
    if line.unit == "%" and set(line.figures) <= {0.0, 100.0}:
        return f"{sum(figure > 0 for figure in line.figures)} of {len(line.figures)}"
    middle = amount(line.median, line.unit)
    if len(line.figures) == 1:
        return middle
    return f"{middle} ({number(min(line.figures))} to {number(max(line.figures))})"


def goal(target: Target | None, unit: str) -> str:
    """The target in words."""
    if target is None:
        return ""
    sign = {">=": "≥", "<=": "≤"}[target.sign]
    share = "" if target.share in (None, 1.0) else f" in {100 * (target.share or 0):.0f} %"
    if unit == "%" and target.bound == 100:
        return f"yes{share}"
    return f"{sign} {amount(target.bound, unit)}{share}"


def verdict(line: Line) -> str:
    """Whether the target is reached."""
    return {None: "", True: "yes", False: "**no**"}[line.reached]


def amount(value: float, unit: str) -> str:
    """A number with its unit, in a size that can be read."""
    if unit == "s" and value < 0.1 and math.isfinite(value):
        return f"{number(1e3 * value)} ms"
    return f"{number(value)}{'' if unit in ('x', '') else ' '}{'×' if unit == 'x' else unit}".strip()


def number(value: float) -> str:
    """Three digits."""
    if not math.isfinite(value) or value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def write(folder: Path, about: dict[str, Any], lines: list[Line]) -> None:
    """bench.json and bench.md; written after every case, so that nothing is lost."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"machine": about, "lines": [line.as_json() for line in lines]}
    (folder / "bench.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    table = [header(about), "", HEAD, *(markdown(line) for line in lines), ""]
    (folder / "bench.md").write_text("\n".join(table), encoding="utf-8")
