"""Settings of the site: `make docs` builds it from the root of the repository."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from gametools.storage import version as installed_version

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "docs"
sys.path.insert(0, str(ROOT / "docs" / "_extensions"))

project = "gametools"
author = "The gametools authors"
project_copyright = author
release = version = installed_version()

# The source folder is the root of the repository, so that a relative link from one page to
# another, to a notebook or to a result means the same here as on a code host.
root_doc = "docs/index"
include_patterns = [
    "docs/**.md",
    "docs/**.rst",
    "notebooks/*.ipynb",
    "results/*/summary.md",
    "CHANGELOG.md",
]
exclude_patterns = ["build", "dist", ".*", "**/.*", "gametools", "tests", "docs/_*"]

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "myst_nb",
    "sphinx_copybutton",
    "sphinx_design",
    "command_line",
    "mathml",
    "prose",
    "rooms",
]

# Docstrings: types are in the text, so signatures stay short.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_custom_sections = [("Attributes", "params_style")]
napoleon_use_rtype = False
default_role = "known"
toc_object_entries_show_parents = "hide"
add_module_names = False
maximum_signature_line_length = 80
nitpicky = True
# Types in docstrings are words: "float", "array, shape (n,)".
nitpick_ignore_regex = [("py:(class|obj)", r"(?!gametools\.).*")]

# Pages and notebooks.
myst_enable_extensions = ["attrs_block", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_links_external_new_tab = False
nb_execution_mode = "cache"
nb_execution_timeout = 120
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True
# No file of the site is loaded from another host; sliders have no kernel here anyway.
nb_ipywidgets_js: dict[str, dict[str, str]] = {}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True


def _digest() -> str:
    """What notebooks depend on besides their own cells: the package and the results."""
    found = hashlib.sha256()
    files = [*(ROOT / "gametools").rglob("*.py"), *(ROOT / "results").rglob("*.csv")]
    for path in sorted(files):
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


nb_execution_cache_path = str(BUILD / "notebooks" / _digest())

# Notebooks draw sharp pictures and keep quiet, whatever the settings of whoever builds the site.
_profile = BUILD / "ipython" / "profile_default"
_profile.mkdir(parents=True, exist_ok=True)
(_profile / "ipython_kernel_config.py").write_text(
    'c = get_config()\nc.InlineBackend.figure_formats = {"svg"}\nc.IPKernelApp.log_level = 50\n'
)
os.environ["IPYTHONDIR"] = str(BUILD / "ipython")
os.environ.pop("MATPLOTLIBRC", None)

html_theme = "furo"
html_title = "gametools"
html_static_path = ["_static"]
html_extra_path = ["_root"]
html_css_files = ["site.css"]
html_logo = "_static/logo.svg"
html_favicon = "_static/logo.svg"
html_copy_source = True
html_show_sphinx = False
html_theme_options = {
    "sidebar_hide_name": False,
    "top_of_page_buttons": [],
    "light_css_variables": {"color-brand-primary": "#00557f", "color-brand-content": "#0067a3"},
    "dark_css_variables": {"color-brand-primary": "#8ccdf5", "color-brand-content": "#7cc4f0"},
}
pygments_style = "friendly"
pygments_dark_style = "github-dark"
