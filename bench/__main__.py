"""`python -m bench`: run the comparisons, print ratios, write JSON and a Markdown table."""

from __future__ import annotations

import argparse
import json
import platform
from pathlib import Path

import sklearn

from bench.cases import SIZES, per_iteration
from hiddenmix.engine.pools import available_cores


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("cases", nargs="*", help=f"some of: {'; '.join(SIZES)} (all by default)")
    parser.add_argument("--out", type=Path, help="folder for bench.json and bench.md")
    options = parser.parse_args()
    unknown = [name for name in options.cases if name not in SIZES]
    if unknown:
        parser.error(f"no case called {unknown[0]!r}")
    header = (
        f"seconds per EM iteration, full covariance, float64, same start; {available_cores()} cores, "
        f"{platform.processor() or platform.machine()}, scikit-learn {sklearn.__version__}; medians"
    )
    print(header)
    lines = ["| case | hiddenmix | scikit-learn | ratio (lowest to highest) | |", "|---|---|---|---|---|"]
    rows = []
    for ratio in per_iteration(options.cases or list(SIZES)):
        spread = f"{ratio.ratio:.1f}x ({ratio.lowest:.1f} to {ratio.highest:.1f})"
        lines.append(
            f"| {ratio.case} | {1e3 * ratio.ours:.2f} ms | {1e3 * ratio.theirs:.2f} ms | {spread} | {ratio.note} |"
        )
        print(lines[-1], flush=True)
        rows.append(ratio.row())
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "bench.json").write_text(json.dumps({"header": header, "cases": rows}, indent=1) + "\n")
        (options.out / "bench.md").write_text("\n".join([header, "", *lines]) + "\n")


if __name__ == "__main__":
    main()
