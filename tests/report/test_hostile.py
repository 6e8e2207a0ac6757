"""Names and categories that look like markup are names, in HTML, in Markdown and in pictures."""

import re

import numpy as np
import pandas as pd
import pytest
from tests.report.pages import sound

import hiddenmix as hm
from hiddenmix.report._inline import inline
from hiddenmix.report._markdown import escaped, paragraph

NAMES = (
    "<script>alert(1)</script>",
    'x" onload="alert(1)',
    "a|b*c*_d_`e`",
    "$x$ {{ 7 * 7 }} %s 🐧",
    "long" * 50,
    "two\nlines",
)
LEVELS = ("</td><img src=x onerror=alert(1)>", "[go](https://evil.example)")


@pytest.fixture(scope="module")
def report():
    rng = np.random.default_rng(0)
    values = np.r_[rng.normal(size=(40, 6)), rng.normal(size=(30, 6)) + 6]
    values[rng.random(values.shape) < 0.05] = np.nan
    X = pd.DataFrame(values, columns=list(NAMES))
    model = hm.GaussianMixture(2, covariance_type="diag", random_state=0).fit(X)
    labels = {"<b>kind</b>": np.repeat(LEVELS, [40, 30])}
    return hm.report.of(model, X, labels=labels, name="<i>data</i>.csv", title="<h1>mine</h1>")


def test_the_page_holds_no_element_of_the_data(report):
    page = sound(report.html())  # which knows every element and attribute that is ours
    assert page.all("script") == page.all("img") == page.all("b") == page.all("i") == []
    words = page.words()
    for name in (*NAMES[:1], "a|b*c*_d_`e`", "<b>kind</b>", *LEVELS, "<i>data</i>.csv", "<h1>mine</h1>"):
        assert name in words, name
    assert r"two\nlines" in words
    assert "{{ 7 * 7 }}" in words
    assert page.all("title")[0]["text"] == "<h1>mine</h1>"


def test_long_names_are_short_in_tables_and_whole_once(report):
    page = sound(report.html())
    assert max(len(cell) for row in page.tables()[0] for cell in row[:1]) <= 60
    assert NAMES[4] in page.words()


def test_texts_of_pictures_are_texts(report):
    page = sound(report.html())
    texts = {e["text"].strip() for e in page.all("text")}
    assert "<script>alert(1)</script>"[:6] in {text[:6] for text in texts}
    assert not any("var(--" in text or "currentColor" in text for text in texts)


def test_markdown_has_no_markup_of_the_data(report):
    text = report.markdown("pictures")
    outside = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    assert not re.search(r"(?<!\\)<", outside)
    assert not re.search(r"(?<!\\)\$", outside)
    assert not re.search(r"(?<!\\)`", outside)
    assert "https://" not in outside
    links = re.findall(r"(?<!\\)\]\(([^)]*)\)", outside)
    assert links == [f"pictures/{p.name}.png" for p in report.document.pictures]
    for line in outside.splitlines():
        if line.startswith("|"):  # as many cells as the heading has, whatever bars the names hold
            assert len(re.findall(r"(?<!\\)\|", line)) >= 3
    tables = re.findall(r"(?:^\|.*\n)+", outside, flags=re.MULTILINE)
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("bill_length_mm", "bill_length_mm"),
        ("_x_ *y*", r"\_x\_ \*y\*"),
        ("a|b", r"a\|b"),
        ("<b>&amp;", r"\<b\>&amp;amp;"),
        ("$x$ `c` ~~d~~ #e", r"\$x\$ \`c\` \~\~d\~\~ \#e"),
        (r"back\slash", r"back\\slash"),
        ("a\nb", "a b"),
        ("a\tb", r"a\\tb"),
        ("me@x.org www.y.org http://z", "me&#64;x.org www\\.y.org http:\\/\\/z"),
    ],
)
def test_escaped(text, written):
    assert escaped(text) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [("- a", r"\- a"), ("+ a", r"\+ a"), ("2. a", r"2\. a"), ("2008 a", "2008 a"), ("--criterion", r"\--criterion"),
     ("# a", r"\# a"), ("> a", r"\> a"), ("    code", "code")],
)  # fmt: skip
def test_the_beginning_of_a_line(text, written):
    assert paragraph(text) == written


def test_a_text_that_looks_like_style_stays_a_text():
    svg = '<svg viewBox="0 0 10 10"><text style="fill: #17191d">style="a" id="b" href="#c" #888888 1.23456</text></svg>'
    made = inline(svg, "p", "a title", "some words")
    assert '>style="a" id="b" href="#c" #888888 1.23456</text>' in made
    assert 'style="fill: currentColor"' in made


def test_escaping_title_and_words_of_a_picture():
    made = inline('<svg viewBox="0 0 10 10"></svg>', "p", '<b>"t"</b>', "a < b")
    assert "&lt;b&gt;&quot;t&quot;&lt;/b&gt;" in made
    assert "a &lt; b" in made
