"""The program of a folder of C: what it reads, and what it prints of an image."""

from __future__ import annotations

from ...ir.classes import class_names, classes_of, gives_shares
from ...ir.model import Model
from ...support.limits import LARGEST_IMAGE
from .kernels import filled

_SHOWN = 3
"""Classes that are printed of an image."""
_UNKNOWN = "images are read once it is known how they become the input: emit with --preprocessing"
_OTHER = "no image file has the channels that the network takes"


def program(model: Model, name: str) -> str:
    """The text of `main.c`, which reads image files where the network takes them."""
    own = model.preprocessing
    values: dict[str, object] = {"name": name, "macro": name.upper(), "usage": "", "math": ""}
    values["other_usage"] = ""
    if own is None or own.channel_order == "other":
        values["why"] = _OTHER if own else _UNKNOWN
        images = "main_floats.c"
    else:
        values |= {"usage": f"\n\n       ./{name} IMAGE...\n\n{_USAGE}", "largest": LARGEST_IMAGE}
        values["other_usage"] = _OTHER_USAGE.format(name=name)
        values |= _answer(model, values)
        images = "main_images.c"
    values["images"] = filled(images, values)
    return filled("main.c", values)


_OTHER_USAGE = (
    '       ./{name} IMAGE...\\n\\n"\n'
    '                "Each IMAGE is a file of PGM or PPM (P5 or P6), whose answer is printed.'
)
"""How the lines on images stand within the text of `usage`."""
_USAGE = """\
   Each IMAGE is a file of PGM or PPM (P5 or P6). For each a line is printed: its name, and the
   classes that are likeliest with their shares, between tabs."""


def _answer(model: Model, values: dict[str, object]) -> dict[str, object]:
    """How the outputs of one image are printed."""
    count = classes_of(model.graph)
    if count is None:
        return {"answer": filled("answer_outputs.c", values)}
    named = f"print_plain({values['name']}_classes[best[rank]], stdout)"
    values = values | {
        "classes": count,
        "shown": min(_SHOWN, count),
        "share": (_GIVEN if gives_shares(model.graph) else _SOFTMAX).format(count=count),
        "print": named if class_names(model) else 'printf("%d", best[rank])',
    }
    answer = filled("answer_classes.c", values)
    return {"answer": answer, "math": "" if gives_shares(model.graph) else "#include <math.h>\n"}


_GIVEN = """\
    (void)best;
    return (double)output[i];"""
_SOFTMAX = """\
    double total = 0;
    for (int k = 0; k < {count}; k++)
        total += exp((double)output[k] - (double)output[best]);
    return exp((double)output[i] - (double)output[best]) / total;"""
