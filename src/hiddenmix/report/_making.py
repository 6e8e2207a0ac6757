"""Putting a report together: of a fitted mixture, of a comparison, of hard subclasses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch
from typing import Any

from hiddenmix._errors import HiddenmixError
from hiddenmix.discover._agreement import FOUND
from hiddenmix.discover._comparison import Comparison
from hiddenmix.estimators._hard_report import HardSubclasses
from hiddenmix.estimators._same_rows import other_rows
from hiddenmix.estimators._warnings import warn
from hiddenmix.report import _answer, _choice, _components, _ending, _hard, _labelings
from hiddenmix.report._alone import compared
from hiddenmix.report._blocks import Block, Document, Items, Picture, Section, Text, section
from hiddenmix.report._findings import Findings
from hiddenmix.report._pictures import Pictures, of_comparison, of_hard
from hiddenmix.report._report import Report
from hiddenmix.report._sentences import count
from hiddenmix.report._summary import summary


def of(
    source: Any,
    X: Any = None,
    *,
    labels: Mapping[str, Any] | None = None,
    sample_weight: Any = None,
    known_labels: Any = None,
    covariates: Any = None,
    name: str = "",
    title: str = "",
    pictures: bool = True,
) -> Report:
    """The report of a fitted mixture on its data; or of a comparison, or of hard subclasses.

    Parameters
    ----------
    source : fitted mixture, Comparison or HardSubclasses
        A mixture is any estimator of hiddenmix with components, classifiers by mixtures among them.
    X : table of shape (n_samples, n_features)
        The table of the fit; only a mixture needs it.
    labels : dict of arrays (n_samples,), optional
        Known labelings to compare the components with.
    sample_weight, known_labels, covariates : optional
        As for `fit`.
    name : str
        What the data are called.
    title : str
        Of the report.
    pictures : bool
        Whether it has any; those need Matplotlib.

    Returns
    -------
    Report
        With `html()`, `markdown()`, `to_dict()` and `save(path)`.

    Raises
    ------
    HiddenmixError : HM110 no row has a value; HM410 a model that is no mixture, or no table; HM431 no covariates where
        the fit had some; HM501 to HM503 a table that is not like that of the fit

    Warns
    -----
    HiddenmixWarning : HM505 rows, weights or known labels that are not those of the fit; the report says so too

    Examples
    --------
    >>> import hiddenmix as hm
    >>> X = hm.datasets.faithful().data
    >>> model = hm.GaussianMixture(2, random_state=0).fit(X)
    >>> print(hm.report.of(model, X, name="faithful").markdown().splitlines()[0])
    # faithful: 2 groups
    """
    given = {"labels": labels, "sample_weight": sample_weight, "known_labels": known_labels,
             "covariates": covariates}  # fmt: skip
    return _made(source, X, name, title, pictures, given)


@singledispatch
def _made(source: Any, X: Any, name: str, title: str, pictures: bool, given: Mapping[str, Any]) -> Report:
    found = Findings.of(source, X, **given, name=name or "the data")
    if found.other:
        warn(other_rows(found.other))
    return of_findings(found, title, Pictures(found, pictures))


@_made.register
def _(source: Comparison, X: Any, name: str, title: str, pictures: bool, given: Mapping[str, Any]) -> Report:
    _refuse(X, given, "comparison")
    drawn = of_comparison(source) if pictures else []
    first = section("The answer", [Text(source.verdict, "lead"), *_labelings.comparison(source)])
    sections = [first]
    if drawn:
        sections.append(section("Pictures", drawn))
    sections += [section("Clusters and labels", [*_labelings.details(source)]), *_disagreeing(source)]
    sections.append(_ending.glossary(("ARI", "NMI")))
    subtitle = f"{count(source.n, 'row')} in {count(source.n_clusters, 'cluster')}"
    told = f"{name}: which known labeling was found" if name else _labelings.TITLE
    return Report(Document(title or told, subtitle, tuple(sections)), source.to_dict)


@_made.register
def _(source: HardSubclasses, X: Any, name: str, title: str, pictures: bool, given: Mapping[str, Any]) -> Report:
    _refuse(X, given, "report on hard subclasses")
    drawn = of_hard(source) if pictures else []
    sections = tuple(_hard.sections(source, drawn))
    told = f"{name}: hard subclasses" if name else "Hard subclasses"
    return Report(Document(title or told, _hard.subtitle(source), sections), source.to_dict)


def of_findings(found: Findings, title: str, pictures: Pictures, files: tuple[str, ...] = ()) -> Report:
    """The report of a mixture; `files` are those beside it, with a word on each."""
    unsure = next((file.partition(":")[0] for file in files if file.startswith("unsure")), "")
    parts: list[Section] = [_answer.answer(found)]
    if pictures.of("main"):
        parts.append(section("Pictures", pictures.of("main")))
    parts += [
        _labelings.labelings(found.comparison, len(found.labels), pictures.of("labelings")),
        _choice.choice(found, pictures.of("selection")),
        _components.clusters(found, pictures.of("merging")),
    ]
    if found.check is not None:
        parts.append(_components.assumption(found, pictures.of("assumption")))
    parts += [
        _components.doubtful(found, pictures.of("unsure"), unsure),
        _ending.convergence(found, pictures.of("convergence")),
        _ending.reproduce(found),
        _ending.glossary([word for word in _ending.TERMS if found.comparison or word not in ("ARI", "NMI")]),
    ]
    if files:
        parts.insert(-1, section("Files beside this report", [Items(files)]))
    return Report(Document(title or _title(found), _subtitle(found), tuple(parts)), lambda: summary(found))


def _title(found: Findings) -> str:
    k = found.view.k
    none = "no groups" if compared(found) else "one component"
    what = f"{k} subclasses" if found.view.classes else f"{k} groups" if k > 1 else none
    return f"{found.name[:1].upper()}{found.name[1:]}: {what}" if found.name == "the data" else f"{found.name}: {what}"


def _subtitle(found: Findings) -> str:
    return " ".join(found.run.read) or f"{count(found.n, 'row')}, {count(found.view.d, 'column')}"


def _disagreeing(found: Comparison) -> list[Section]:
    """The rows whose cluster is not matched to their level, of each labeling that was found."""
    blocks: list[Block] = []
    for labeling in found:
        rows = labeling.disagree
        if labeling.agreement in FOUND and len(rows):
            shown = ", ".join(str(int(i)) for i in rows[:100])
            more = f" and {len(rows) - 100} more" if len(rows) > 100 else ""
            blocks.append(
                Text(f"{labeling.name}: {len(rows)} of {count(labeling.n, 'row')} have another cluster than the one "
                     f"that is matched to their level: {shown}{more} (counted from 0).")
            )  # fmt: skip
    return [section("Rows that disagree", blocks)] if blocks else []


def _refuse(X: Any, given: Mapping[str, Any], what: str) -> None:
    """HM410 where a table or labels are given that the source has used already."""
    if X is not None or any(value is not None for value in given.values()):
        raise HiddenmixError("HM410", f"a {what} has its data already", "hiddenmix.report.of(found)")


__all__ = ["Picture", "of", "of_findings"]
