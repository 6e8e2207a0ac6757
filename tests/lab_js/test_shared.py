"""Colours and ellipses that Python and the page's JavaScript compute each: one fixture for both, `shared.json`.

Its figures are by hand: colours as weighted sums, covariances as turned axes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hiddenmix.lab._frames import outline
from hiddenmix.plot import _colours
from hiddenmix.plot._plane import ellipse

SHARED: dict[str, Any] = json.loads(Path(__file__).with_name("shared.json").read_text(encoding="utf-8"))


def test_the_palette_is_that_of_the_pictures() -> None:
    assert tuple(SHARED["palette"]) == _colours.PALETTE


@pytest.mark.parametrize("given", SHARED["soft"], ids=lambda given: str(given["resp"]))
def test_soft_colours(given: dict[str, Any]) -> None:
    palette = np.array([[int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)] for text in given["colours"]])
    np.testing.assert_allclose(255 * _colours.soft(np.array([given["resp"]]), palette), [given["rgb"]], atol=1e-9)


@pytest.mark.parametrize("given", SHARED["ellipses"], ids=lambda given: str(given["cov"]))
def test_ellipses(given: dict[str, Any]) -> None:
    mean, cov = np.array(given["mean"]), np.array(given["cov"])
    sent = outline(mean, cov)
    angle = sent.pop("angle") - given["of"]["angle"]
    assert abs((angle + 90) % 180 - 90) < 1e-9  # turned half way round it is the same ellipse
    assert sent == pytest.approx({key: value for key, value in given["of"].items() if key != "angle"})
    for sigmas in (1.0, 2.0):
        apart = ellipse(mean, cov, sigmas, 720) - mean
        np.testing.assert_allclose(np.sum(apart @ np.linalg.inv(cov) * apart, axis=1), sigmas**2, atol=1e-9)
        np.testing.assert_allclose(apart.max(axis=0), sigmas * np.sqrt(np.diag(cov)), rtol=1e-4)
