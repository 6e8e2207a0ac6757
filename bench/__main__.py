"""`python -m bench`: run the comparisons, print ratios, write JSON and a Markdown table.

Installs nothing. Both sides of a comparison run in one process, in alternation; scikit-learn always, other libraries
where they are installed.
"""

from __future__ import annotations

import argparse
import fnmatch
from collections.abc import Sequence
from pathlib import Path

import bench.cases  # noqa: F401  (registers them)
from bench.case import CASES, STRICTEST, Line, Options
from bench.libraries import RIVALS
from bench.report import HEAD, header, machine, markdown, write
from hiddenmix.engine.accelerate import ALGORITHMS


def main(arguments: Sequence[str] | None = None) -> list[Line]:
    """Run what is asked for; returns the lines."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if asked.list:
        for case in CASES.values():
            print(f"{case.name:32} {case.says}")
        return []
    names = _chosen(asked.cases, parser)
    options = Options(
        quick=asked.quick,
        rows=asked.rows,
        seeds=asked.seeds,
        repeats=asked.repeats,
        rivals=tuple(asked.rivals) if asked.rivals else None,
        algorithm=asked.algorithm,
        tol=asked.tol,
        out=asked.out,
        keep=asked.keep,
    )
    return run(names, options)


def run(names: Sequence[str], options: Options) -> list[Line]:
    """Run cases, print each line as it comes, and write the files after each case."""
    about, lines = machine(), list[Line]()
    print(f"{header(about)}\n\n{HEAD}", flush=True)
    for name in names:
        for line in CASES[name].run(options):
            lines.append(line)
            print(markdown(line) + (f"  <!-- {line.note} -->" if line.note else ""), flush=True)
        if options.out is not None:
            write(options.out, about, lines)
    return lines


def positive(text: str) -> int:
    """A whole number above 0."""
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return int(text)


def tolerance(text: str) -> float:
    """A number above 1e-11, below which no fit is tightened."""
    if not float(text) > STRICTEST:
        raise argparse.ArgumentTypeError(f"{text} is not above {STRICTEST:g}")
    return float(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("cases", nargs="*", help="names or patterns such as 'iteration-*'; all by default")
    parser.add_argument("--list", action="store_true", help="only say which cases there are")
    parser.add_argument("--quick", action="store_true", help="fewer rows, seeds and repeats")
    parser.add_argument("--rows", type=positive, help="rows of the data, where a case does not fix them")
    parser.add_argument("--seeds", type=positive, help="seeds, where a case has several")
    parser.add_argument("--repeats", type=positive, help="repeats of a measurement")
    parser.add_argument("--rivals", nargs="+", choices=list(RIVALS), help="only these libraries")
    parser.add_argument(
        "--algorithm", choices=list(ALGORITHMS), default="auto", help="ours, for goal-*, iris and limit (default: auto)"
    )
    parser.add_argument(
        "--tol", type=tolerance, default=1e-6, help="the tolerance that these begin with (default: 1e-6)"
    )
    parser.add_argument("--out", type=Path, help="folder for bench.json, bench.md and the rows of long cases")
    parser.add_argument(
        "--keep",
        choices=["all", "rivals", "nothing"],
        default="all",
        help="which rows of long cases in that folder need not be measured again (default: all)",
    )
    return parser


def _chosen(patterns: Sequence[str], parser: argparse.ArgumentParser) -> list[str]:
    for pattern in patterns:
        if not fnmatch.filter(CASES, pattern):
            parser.error(f"no case called {pattern!r}; --list says which there are")
    return [name for name in CASES if not patterns or any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]


if __name__ == "__main__":
    main()
