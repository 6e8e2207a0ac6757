"""Reading a report's page as a browser would: elements, attributes, texts; and what must hold of every page."""

import re
from html.parser import HTMLParser
from itertools import pairwise

VOID = {"meta", "img", "br", "hr", "link", "input"}
#: Elements that a report is made of. Anything else would come from somewhere else.
OURS = {
    "html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "p", "nav", "ul", "li", "a", "main",
    "section", "div", "table", "thead", "tbody", "tr", "th", "td", "span", "figure", "figcaption", "pre", "code", "dl",
    "dt", "dd", "img", "svg", "desc", "defs", "g", "path", "use", "text", "tspan", "rect", "clippath", "image",
}  # fmt: skip


class Page(HTMLParser):
    """All elements with their attributes and texts, in their order."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.text, self.elements, self.open = text, [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        element = {"tag": tag, "attributes": dict(attributes), "text": "", "inside": [e["tag"] for e in self.open]}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1]["tag"] == tag, f"</{tag}> where </{self.open[-1]['tag']}> should be"
        self.open.pop()

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, tag):
        return [e for e in self.elements if e["tag"] == tag]

    def words(self):
        """What one reads, with spaces as they are on paper."""
        body = self.all("body")[0]["text"]
        return " ".join(body.replace("\u00a0", " ").split())

    def tables(self):
        """Each table as rows of cells."""
        found, rows = [], None
        for element in self.elements:
            if element["tag"] == "table":
                rows = []
                found.append(rows)
            elif element["tag"] == "tr":
                rows.append([])
            elif element["tag"] in ("td", "th"):
                rows[-1].append(" ".join(element["text"].replace("\u00a0", " ").split()))
        return found


def sound(text):
    """Check what must hold of every page, and give it back."""
    page = Page(text)
    assert page.open == [], "elements that are not closed"
    assert {e["tag"] for e in page.elements} <= OURS
    ids = [e["attributes"]["id"] for e in page.elements if "id" in e["attributes"]]
    assert len(ids) == len(set(ids)), "ids that stand twice"
    for element in page.elements:
        for name, value in element["attributes"].items():
            assert not name.startswith("on"), f"{name} of {element['tag']}"
            if name in ("href", "xlink:href", "src"):
                assert value.startswith(("#", "data:image/png;base64,")), value[:80]
                assert not value.startswith("#") or value[1:] in ids, f"{value} leads nowhere"
            for target in re.findall(r"url\(([^)]*)\)", value or ""):
                assert target[:1] == "#", f"{target} leads out"
                assert target[1:] in ids, f"{target} leads nowhere"
            if name in ("aria-labelledby", "aria-describedby"):
                assert set(value.split()) <= set(ids), value
    for style in page.all("style"):
        assert "url(" not in style["text"]
        assert "@import" not in style["text"]
    levels = [int(e["tag"][1]) for e in page.elements if re.fullmatch(r"h\d", e["tag"])]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    for picture in page.all("img"):
        assert len(picture["attributes"]["alt"]) > 20
    for picture in [e for e in page.all("svg") if "svg" not in e["inside"]]:
        assert picture["attributes"]["role"] == "img"
        named = picture["attributes"]["aria-labelledby"].split()
        told = {e["attributes"].get("id"): e["text"] for e in page.elements if e["tag"] in ("title", "desc")}
        assert all(len(told[name]) > 10 for name in named)
    return page
