"""Where results go: standard output or a file, in the form that was asked for."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from ..errors import FileError
from ..files import discard_output, write_bytes, write_text
from ..tables import Result, Terminal, rendered, renderer

_ENDINGS = {"": "table", ".md": "markdown", ".txt": "table", ".htm": "html"}


def ready(form: str | None, output: Path | None, *others: Path) -> None:
    """Refuse, before long work, a form that there is not and files that cannot be written.

    Raises:
        UnknownNameError: there is no such form.
        FileError: a file's folder is missing, or cannot be written.
    """
    renderer(form_name(form, output))
    for path in filter(None, (output, *others)):
        folder = path.resolve().parent
        if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
            raise FileError(f"cannot write {str(path)!r}", fix="a path that can be written")


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
        discard_output()


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
    if sys.stdout is None:
        return Terminal()
    interactive = sys.stdout.isatty()
    colour = interactive and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    unicode = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    return Terminal(shutil.get_terminal_size((80, 24)).columns, colour, unicode)
