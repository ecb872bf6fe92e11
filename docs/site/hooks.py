"""What mkdocs asks while it builds the site: pages that a program makes, and files beside docs/.

Pages of docs/ are written for a reader on the Git host too. So links that lead out of docs/ are
brought to copies in the site, and notebooks become pages.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from posixpath import relpath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).parent))

import command_line
import keys
import notebook
import python_api

ROOT = Path(__file__).parent.parent.parent
MADE = {
    "reference/cli.md": command_line.page,
    "reference/python.md": python_api.page,
    "reference/keys.md": keys.page,
}
"""Pages of the reference that are made from the program as it is."""
BESIDE = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE", "CITATION.cff")
"""Files of the repository that are shown in the site too, in `repository/`."""
_SHIM = "https://unpkg.com/iframe-worker/shim"
"""What the theme would fetch so that search works without a server; its copy is in vendor/."""
_SHIM_FILE = "assets/iframe-worker.js"
_OUTWARD = re.compile(r"\]\((?:\.\./)+([A-Z][\w.]*)(#[^)]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made, the files beside docs/, and notebooks as pages."""
    shim = (Path(__file__).parent / "vendor" / "iframe-worker.js").read_text(encoding="utf-8")
    files.append(File.generated(config, _SHIM_FILE, content=shim))
    for uri, page in MADE.items():
        files.append(File.generated(config, uri, content=page()))
    for name in BESIDE:
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, f"repository/{name}", content=_within(text)))
    for file in [file for file in files if file.src_uri.endswith(".ipynb")]:
        uri = file.src_uri.removesuffix(".ipynb") + ".md"
        content = notebook.page(Path(str(file.abs_src_path)))
        files.append(File.generated(config, uri, content=content))
    return files


def _within(text: str) -> str:
    """The text of a file of the root, with its links as from a page in `repository/`."""
    return re.sub(r"\]\(docs/([^)]*)\)", r"](../\1)", text)


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """The page with links out of docs/ led to their copies."""

    def led(link: re.Match[str]) -> str:
        uri = f"repository/{link[1]}"
        return f"]({relpath(uri, Path(page.file.src_uri).parent.as_posix())}{link[2] or ''})"

    return _OUTWARD.sub(led, markdown)


def on_post_page(output: str, page: Page, **_: Any) -> str:
    """The page with the theme's one script from elsewhere replaced by its copy."""
    here = Path(page.file.dest_uri).parent.as_posix()
    return output.replace(_SHIM, relpath(_SHIM_FILE, here))


def on_post_template(output_content: str, **_: Any) -> str:
    """The same for pages that are no documents."""
    return output_content.replace(_SHIM, _SHIM_FILE)
