"""The palette is told apart also by those who see few colours: by CIEDE2000, on both grounds."""

import numpy as np
import pytest

from hiddenmix.plot._colours import DARK_GROUND, PALETTE, colours, hexadecimal, markers, soft

# Machado, Oliveira & Fernandes 2009, IEEE TVCG 15:1291, severity 1.0, for linear red, green and blue.
VISION = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
APART = {"normal": 20.0, "protanopia": 10.0, "deuteranopia": 10.0, "tritanopia": 10.0}
CONTRAST = 2.5
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(rgb):
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(lin):
    """CIELAB of linear sRGB (n, 3), by its white."""
    ratio = (lin @ TO_XYZ.T) / TO_XYZ.sum(axis=1)
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def ciede2000(first, second):
    """Luo, Cui & Rigg 2001, as Sharma, Wu & Dalal 2005 spell it out."""
    (l1, a1, b1), (l2, a2, b2) = first, second
    mean_c = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1 + 0.5 * (1 - np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7)))
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 > 0 else 0.0
    l, c, h = (l1 + l2) / 2, (c1 + c2) / 2, np.radians(h1 + turn / 2 if c1 * c2 > 0 else h1 + h2)
    t = (
        1 - 0.17 * np.cos(h - np.radians(30)) + 0.24 * np.cos(2 * h) + 0.32 * np.cos(3 * h + np.radians(6))
        - 0.20 * np.cos(4 * h - np.radians(63))
    )  # fmt: skip
    light = (l2 - l1) / (1 + 0.015 * (l - 50) ** 2 / np.sqrt(20 + (l - 50) ** 2))
    chroma = (c2 - c1) / (1 + 0.045 * c)
    hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * c * t)
    angle = 60 * np.exp(-(((np.degrees(h) % 360 - 275) / 25) ** 2))
    mixed = -2 * np.sqrt(c**7 / (c**7 + 25.0**7)) * np.sin(np.radians(angle)) * chroma * hue
    return float(np.sqrt(light**2 + chroma**2 + hue**2 + mixed))


@pytest.mark.parametrize(  # Sharma, Wu & Dalal 2005, Color Research & Application 30:21, table 1
    ("first", "second", "apart"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
        ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0009), 7.1792),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_oracle_has_the_published_differences(first, second, apart):
    assert ciede2000(first, second) == pytest.approx(apart, abs=5e-5)
    assert ciede2000(second, first) == pytest.approx(apart, abs=5e-5)


@pytest.mark.parametrize("vision", VISION)
def test_all_pairs_are_told_apart(vision):
    seen = lab(np.clip(linear(colours(len(PALETTE))) @ np.asarray(VISION[vision]).T, 0, 1))
    pairs = {
        (PALETTE[i], PALETTE[j]): ciede2000(seen[i], seen[j]) for i in range(len(PALETTE)) for j in range(i)
    }  # fmt: skip
    assert len(pairs) == 28
    assert min(pairs.values()) >= APART[vision], min(pairs, key=pairs.get)


@pytest.mark.parametrize("ground", ["#FFFFFF", DARK_GROUND])
def test_contrast_with_both_grounds(ground):
    light = linear(colours(len(PALETTE))) @ TO_XYZ[1]
    behind = linear(np.array([int(ground[i : i + 2], 16) / 255 for i in (1, 3, 5)])) @ TO_XYZ[1]
    ratio = (np.maximum(light, behind) + 0.05) / (np.minimum(light, behind) + 0.05)
    assert ratio.min() >= CONTRAST, dict(zip(PALETTE, ratio.round(2)))


def test_red_and_blue_come_first():
    (r, g, b), (r2, g2, b2) = colours(2)
    assert r > 3 * max(g, b)
    assert b2 > 2 * max(r2, g2)


def test_colours_stay_and_soft_ones_lie_between():
    assert (colours(3) == colours(11)[:3]).all()
    assert (colours(9)[8] == colours(1)[0]).all()
    assert len(set(markers(8))) == 8  # a component has its own marker, also for those who see no colours
    assert len({*zip(markers(64), map(tuple, colours(64)))}) == 64
    assert [hexadecimal(c) for c in colours(8)] == list(PALETTE)
    resp = np.array([[1.0, 0.0], [0.5, 0.5], [0.25, 0.75]])
    first, second = colours(2)
    expected = [first, (first + second) / 2, 0.25 * first + 0.75 * second]
    np.testing.assert_allclose(soft(resp), expected, atol=1e-12)
