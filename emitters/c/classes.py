"""The names of classes in a folder of C: a table of strings, and what is said of it."""

from __future__ import annotations

_LISTED = 20
"""Classes that a README names."""
_LONGEST = 60
"""Characters of each of them."""


def class_parts(names: tuple[str, ...], name: str) -> dict[str, str]:
    """The declaration, the table and the words in the README; empty where there are no names."""
    if not names:
        return dict.fromkeys(("class_header", "class_table", "class_readme"), "")
    declared = f"const char *const {name}_classes[{name.upper()}_CLASSES]"
    rows = "".join(f"    {literal(each)},\n" for each in names)
    listed = ", ".join(f"`{_plain(each)}`" for each in names[:_LISTED])
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return {
        "class_header": f"\n#define {name.upper()}_CLASSES {len(names)}\n\n"
        f"/* What the first outputs stand for, in order, in UTF-8. */\nextern {declared};\n",
        "class_table": f"\n{declared} = {{\n{rows}}};\n",
        "class_readme": f"\n`{name}_classes` names the outputs: {listed}{more}.\n",
    }


def literal(value: str) -> str:
    """A string of C with exactly these characters in UTF-8, itself in plain ASCII."""
    return f'"{"".join(map(_escaped, value.encode()))}"'


def _escaped(byte: int) -> str:
    """Three octal digits never run on into what follows, and `?` never begins a trigraph."""
    character = chr(byte)
    if character in '"\\?':
        return f"\\{character}"
    return character if " " <= character <= "~" else f"\\{byte:03o}"


def _plain(value: str) -> str:
    """A name as Markdown shows it between backquotes."""
    shown = "".join(c if c.isprintable() and c != "`" else "?" for c in value[:_LONGEST])
    return shown.strip() or "?"
