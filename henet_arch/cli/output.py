"""Where results go: standard output or a file, in the form that was asked for."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..support.errors import FileError
from ..support.files import discard, writable, write_bytes, write_text

if TYPE_CHECKING:  # the start of a command loads no tables
    from ..results.table import Result, Terminal

_ENDINGS = {"": "table", ".md": "markdown", ".txt": "table", ".htm": "html", ".tex": "latex"}


def report_file(path: Path, given: Mapping[str, Any], result: type = object) -> None:
    """Refuse a file for a report that cannot be written, or whose form there is not.

    Args:
        result: the class of the reports.

    Raises:
        ExtraError: the form needs a package that is not installed.
        UnknownNameError: there is no form of that name or ending.
        FileError: the file cannot be written.
    """
    from ..forms import report_form

    report_form(form_name(given["format"], path), result).ready()
    writable(path)


def findings_file(path: Path, given: Mapping[str, Any]) -> None:
    """The same for what `lint` finds, which has one form more."""
    from ..lints.diagnostics import Diagnostics

    report_file(path, given, Diagnostics)


def text_file(path: Path, given: Mapping[str, Any]) -> None:
    """Refuse a file that cannot be written, whatever its ending is.

    Raises:
        FileError: it cannot be written.
    """
    writable(path)


def spec_file(path: Path, given: Mapping[str, Any]) -> None:
    """Refuse a spec file that cannot be written, or whose ending says no form.

    Raises:
        FileError: it says none, or the file cannot be written.
    """
    from ..spec.files import form_of

    form_of(path)
    writable(path)


def plot_file(path: Path, given: Mapping[str, Any]) -> None:
    """Refuse a file for a plot that cannot be written, or whose ending says no form.

    Raises:
        FileError: it says none, or the file cannot be written.
        ExtraError: what draws it is not installed.
    """
    from ..renderers.plot._matplotlib import drawing_form

    drawing_form(path)
    writable(path)


def drawing_file(path: Path, given: Mapping[str, Any]) -> None:
    """Refuse a file for a drawing that cannot be written, or whose form there is not.

    Raises:
        UnknownNameError: there is no form of that name or ending.
        FileError: the file cannot be written.
    """
    from ..forms import drawing_form_of

    if str(path) == "-":  # standard output
        return
    if not given["form"]:
        drawing_form_of(path, given["figure"], several=given["compare"] is not None)
    writable(path)


def form_name(form: str | None, output: Path | None) -> str:
    """The form that was asked for, or that the ending says."""
    ending = output.suffix.lower() if output else ""
    return form or _ENDINGS.get(ending, ending.removeprefix("."))


def show(result: Result, form: str | None, output: Path | None) -> None:
    """Render `result` and send it to `output`, or to standard output.

    Raises:
        UnknownNameError: there is no such form.
        FileError: the file cannot be written.
    """
    from ..forms import rendered
    from ..results.table import Terminal

    place = Terminal() if output else terminal()
    content = rendered(result, form_name(form, output), place)
    if isinstance(content, str):
        send(content, output)
    elif output:
        write_bytes(output, content)
    else:
        send_bytes(content)


def send(text: str, output: Path | None) -> None:
    """Write `text` to `output`, or to standard output.

    Raises:
        FileError: it cannot be written, or standard output is closed.
        OSError: standard output is full.
    """
    if output:
        write_text(output, text)
        return
    if sys.stdout is None:
        raise FileError("standard output is closed", fix="--output FILE")
    try:
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:  # the reader (head, less) has seen enough
        discard(sys.stdout)


def send_bytes(content: bytes) -> None:
    """Write `content` to standard output: text as `send` does, anything else as it is.

    Raises:
        FileError: standard output is closed.
        OSError: it is full.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError:
        if sys.stdout is None:
            raise FileError("standard output is closed", fix="--output FILE") from None
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        send(text, None)


def terminal() -> Terminal:
    """What standard output can show."""
    from ..results.table import Terminal

    if sys.stdout is None:
        return Terminal()
    interactive = sys.stdout.isatty()
    colour = interactive and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    unicode = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    return Terminal(shutil.get_terminal_size((80, 24)).columns, colour, unicode)
