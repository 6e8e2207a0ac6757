"""How the climb ended, how to get the same again, and what the terms mean."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from numbers import Integral
from typing import Any

from hiddenmix.engine.result import Result
from hiddenmix.report._blocks import Block, Code, Grid, Items, Picture, Section, Terms, Text, section
from hiddenmix.report._findings import Findings
from hiddenmix.report._script import script_of
from hiddenmix.report._sentences import count
from hiddenmix.report._trust import CHECKED, certificate, converged, ended
from hiddenmix.select import LOWER

PACKAGES = ("hiddenmix", "numpy", "scipy", "scikit-learn")

TERMS = {
    "component": "one of the distributions that together describe the data; what is called a group here.",
    "membership": "the probability that a row belongs to a component, given its values.",
    "log-likelihood": "how probable the model makes the data; higher is a better description of these data.",
    "BIC": f"the Bayesian information criterion, -2 log-likelihood + parameters times log n: {LOWER}, and each further "
    "parameter must earn its place.",
    "ICL": "the integrated completed likelihood criterion, BIC plus twice the entropy of the memberships: "
    f"{LOWER}, and components that overlap cost more than with BIC.",
    "ARI": "the adjusted Rand index, which is 1 for two equal groupings and 0 on average for unrelated ones.",
    "NMI": "the normalised mutual information, which is 1 where each of two groupings tells the other, and 0 where "
    "neither tells anything of it.",
    "certificate": "what a check of the point where the fit stopped found: a maximum, a saddle, a flat place, or a "
    "maximum on the boundary.",
    "optimum": "a point where climbing ends; which one is reached depends on the start, so that several are made.",
}


def convergence(found: Findings, pictures: Sequence[Picture]) -> Section:
    """Status, certificate, census, notes and warnings."""
    return section("Convergence", [*_ended(found, pictures)])


def _ended(found: Findings, pictures: Sequence[Picture]) -> Iterator[Block]:
    facts, result = found.facts, found.result
    if facts is None:
        yield Text("The parameters were given; nothing was fitted.")
        return
    how = f"After {count(facts.iterations, 'iteration')} the climb {ended(facts.status).rstrip('.')}."
    yield Text(how, "lead" if converged(facts) else "warning")
    yield Text(CHECKED[certificate(found)])
    if facts.note:
        yield Text(f"{facts.note[:1].upper()}{facts.note[1:].rstrip('.')}.")
    for one in found.warnings:
        fix = f" What helps: {one.help}." if one.help else ""
        yield Text(f"{one.code}: {' '.join(one.message.split())}.{fix}", "warning")
    yield Text(f"{facts.census[:1].upper()}{facts.census[1:]}.")
    if result is not None and len(result.optima) > 1:
        yield _census(result)
    others = [] if result is None else _unfinished(result)
    if others:
        yield Items(tuple(others))
    yield from pictures


def _census(result: Result[Any, Any]) -> Grid:
    best = result.optima[0][0]
    rows = tuple(
        (str(i + 1), f"{objective:.3f}", "" if i == 0 else f"{objective - best:.3f}", str(number))
        for i, (objective, number) in enumerate(result.optima)
    )
    return Grid(
        ("optimum", "log-likelihood (plus log prior)", "below the best", "starts"),
        rows,
        caption="The optima that starts reached, the best first.",
    )


def _unfinished(result: Result[Any, Any]) -> list[str]:
    ended = Counter(start.status.value for start in result.starts if start.optimum is None)
    return [f"{count(number, 'start')}: {words}" for words, number in ended.items()]


def reproduce(found: Findings) -> Section:
    """Command, script, seed, versions, fingerprint."""
    run = found.run
    blocks: list[Block | None] = []
    if run.command:
        blocks += [Text("On the command line:"), Code(run.command, "sh")]
    script = run.script or script_of(found)
    blocks += [Text("In Python:"), Code(script, "python")]
    fitted = found.facts is not None and not found.other
    if fitted and run.seed is None and not isinstance(getattr(found.model, "random_state", None), Integral):
        blocks.append(Text("No seed was fixed (random_state), so that another run may end elsewhere."))
    rows = [(f"{name}", value) for name, value in provenance(found).items()]
    blocks.append(Grid(("", ""), tuple(rows), frozenset({0, 1}), caption="What this report was made with."))
    return section("How to get this again", blocks)


def provenance(found: Findings) -> dict[str, str]:
    """Seed, versions, and what the data were."""
    seed = {} if found.run.seed is None else {"seed": str(found.run.seed)}
    return {
        **seed,
        "data": f"{found.name}: {count(found.n, 'row')}, {count(found.view.d, 'column')}",
        "columns": ", ".join(found.view.columns),
        "SHA-256 of the values": found.fingerprint,
        "Python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def glossary(words: Sequence[str] = tuple(TERMS)) -> Section:
    """What the terms mean."""
    return section("Terms", [Terms(tuple((word, TERMS[word]) for word in words))])
