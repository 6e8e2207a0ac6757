"""An SVG of Matplotlib as a part of an HTML page: small, with ids of its own, and in the colours of the page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from html import escape

from hiddenmix.plot._colours import NEUTRAL

INK = "#17191D"  # what is drawn in it takes the colour of the text around; nearly black, as it is in a PNG
#: What else depends on the ground. Texts in black stand on cells of tables, which are the same on every ground.
GROUNDS = {
    r"stroke: #([0-4][0-9a-f])\1\1": "stroke: currentColor",
    r"stroke: #ffffff": "stroke: var(--ground)",
    r"#([c-e][0-9a-f])\1\1": "var(--pale)",
    NEUTRAL: "var(--neutral)",
}
FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
WIDER = 1.35  # a picture is shown at most so much larger than it was drawn
TAG, STYLE = re.compile(r"<[^>]+>"), re.compile(r'\bstyle="([^"]*)"')
CLIPPED = re.compile(r'(<g clip-path="(url\(#[^)]+\))">(?:\s*<use [^>]*/>)+)\s*</g>\s*<g clip-path="\2">')


def inline(svg: str, name: str, title: str, words: str) -> str:
    """The SVG as an element of an HTML page, with a text for those who cannot see it."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>|<!--.*?-->", "", body, flags=re.DOTALL)
    head, _, rest = body.partition(">")
    box = re.search(r'viewBox="([^"]+)"', head)
    assert box is not None
    width = WIDER * float(box[1].split()[2])
    return (
        f'<svg role="img" aria-labelledby="{name}-title {name}-words" viewBox="{box[1]}" '
        f'style="max-width:{width:.0f}px">\n'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-words">{escape(words)}</desc>'
        f"{_styled(_smaller(_own_ids(rest, name)), name)}"
    )


def _own_ids(svg: str, name: str) -> str:
    """Ids that no other picture of the page has."""

    def own(tag: str) -> str:
        tag = re.sub(r'\bid="', f'id="{name}-', tag.replace("xlink:href=", "href="))
        return re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", tag)

    return _in_tags(own, svg)


def _smaller(svg: str) -> str:
    """The same with two decimals, one group for points that are clipped alike, and no needless letters and lines."""

    def rounded(tag: str) -> str:
        tag = re.sub(r'\sd="[^"]*"', lambda path: re.sub(r"\s*\n\s*(?:L\s)?", " ", path[0]), tag)
        return re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), tag)

    svg, before = _in_tags(rounded, svg), ""
    while before != svg:  # each round halves the number of groups
        before, svg = svg, CLIPPED.sub(r"\1", svg)
    return "\n".join(line.strip() for line in svg.split("\n") if line.strip())


def _styled(svg: str, name: str) -> str:
    """Styles in the colours of the page; those that stand many times as classes."""

    def coloured(tag: str) -> str:
        tag = re.sub(INK, "currentColor", tag, flags=re.IGNORECASE)
        for old, new in GROUNDS.items():
            tag = re.sub(old, new, tag, flags=re.IGNORECASE)
        return re.sub(r"'DejaVu Sans', [^;\"]*?sans-serif", FONTS, tag)

    svg = _in_tags(coloured, svg)
    styles = Counter(style for tag in TAG.findall(svg) for style in STYLE.findall(tag))
    often = {style: f"{name}-{i}" for i, style in enumerate(styles) if styles[style] > 2}
    rules = "".join(f".{own}{{{style}}}" for style, own in often.items())

    def classed(tag: str) -> str:
        return STYLE.sub(lambda found: f'class="{often[found[1]]}"' if found[1] in often else found[0], tag)

    return f"<style>{rules}</style>{_in_tags(classed, svg)}" if rules else svg


def _in_tags(change: Callable[[str], str], svg: str) -> str:
    """A change that leaves texts alone, which may come from the data."""
    return TAG.sub(lambda tag: change(tag[0]), svg)
