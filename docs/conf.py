"""Sphinx configuration. Pages that can be made from the package are made from it, in `generate.py`."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

from docutils import nodes
from docutils.utils.math import latex2mathml

sys.path.insert(0, str(Path(__file__).parent))
import generate

project = "hiddenmix"
author = "The hiddenmix developers"
copyright = "The hiddenmix developers"
version = release = installed_version("hiddenmix")

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build", "_templates"]
templates_path = ["_templates"]
default_role = "code"

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_typehints = "none"
autosummary_generate = True
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = "hiddenmix"
html_theme_options = {"show_prev_next": False, "navigation_with_keys": False, "header_links_before_dropdown": 8}
html_sidebars = {"*": [], "_generated/*": []}  # only the API has pages below it
html_show_sourcelink = False
html_math_renderer = "mathml"  # browsers draw it themselves: the pages load nothing from anywhere


def inline_math(translator, node):
    translator.body.append(latex2mathml.tex2mathml(node.astext()))
    raise nodes.SkipNode


def block_math(translator, node):
    translator.body.append(f"<p>{latex2mathml.tex2mathml(node.astext(), as_block=True)}</p>")
    raise nodes.SkipNode


def setup(app):
    app.connect("config-inited", lambda app, config: generate.pages(Path(app.srcdir)))
    app.connect("autodoc-skip-member", generate.skip_foreign)
    app.add_html_math_renderer("mathml", (inline_math, None), (block_math, None))
