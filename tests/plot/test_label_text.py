import warnings

import pytest

from hiddenmix.plot._display import NO_GLYPH, NO_WIDTH, label_text, quiet_axes, write_figure

ODD = [
    "<script>alert(1)</script>", "$x$", "a$b$c", "$", "$$", r"\$", r"\frac{1}{2}$^_{$", "_hidden", "^_^", "a\nb\tc\r\n",
    "x" * 200, "", "  ", "\x00\x07", "\U0001f427 bill", "\u202emirror", "日本語", "\ud800", "é\u0301ł", "%s {0} {x!r}",
    "\u2028", "\U0001f468\u200d\U0001f469", "a" * 39 + "$", 7, None, 2.5, "&amp;",
]  # fmt: skip


def drawn(name, **options):
    """What Matplotlib makes of the label: its text as drawn, and whether it is taken as mathematics."""
    from matplotlib.text import Text

    return Text(text=label_text(name, **options))._preprocess_math(label_text(name, **options))


@pytest.mark.parametrize("name", ODD, ids=ascii)
def test_odd_names_are_drawn_on_one_line_without_a_warning(name, tmp_path):
    text, mathematics = drawn(name)
    assert not mathematics
    assert text.isprintable() or text.startswith(NO_WIDTH)
    assert 0 < len(text.lstrip(NO_WIDTH)) <= 40
    ax = quiet_axes((14, 4))
    ax.plot([0, 1], label=label_text(name))
    ax.set(xlabel=label_text(name), title=label_text(name))
    ax.set_xticks([0, 1], [label_text(name)] * 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        legend = ax.legend()
        for ending in ("png", "svg", "pdf"):
            write_figure(ax.figure, tmp_path / f"x.{ending}", dpi=30)
    assert len(legend.get_texts()) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bill_length_mm", "bill_length_mm"),
        ("a$b$", "a$b$"),
        (r"\$", r"\$"),
        ("$", "$"),
        ("_x", NO_WIDTH + "_x"),
        ("a\n\n b", "a b"),
        ("", "(unnamed)"),
        ("\t ", "(unnamed)"),
        ("\U0001f427 bill", f"{NO_GLYPH} bill"),
        ("\U0001f469\ufe0f\u200d\U0001f680", NO_GLYPH * 2),
        ("a\u202eb", "ab"),
        (3, "3"),
        (None, "None"),
    ],
)
def test_what_is_drawn(name, text):
    assert drawn(name) == (text, False)


def test_long_names_keep_both_ends():
    name = "".join(f"{i:03d}" for i in range(70))
    text = label_text(name, most=21)
    assert len(text) == 21
    first, last = text.split("…")
    assert len(first) == len(last) == 10
    assert name.startswith(first)
    assert name.endswith(last)
    assert label_text("x" * 40) == "x" * 40
    assert label_text("x" * 41) == "x" * 20 + "…" + "x" * 19
    assert drawn("$" * 50, most=5) == ("$$…$$", False)


def test_other_fonts_of_the_user_count():
    import matplotlib

    assert label_text("ж1") == "ж1"
    with matplotlib.rc_context({"font.family": ["cmr10"]}):  # has Latin letters, and no box either
        assert label_text("ж1") == "?1"
    with matplotlib.rc_context({"font.family": ["cmr10", "DejaVu Sans"]}):
        assert label_text("ж1") == "ж1"
