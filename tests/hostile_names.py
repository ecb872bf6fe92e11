"""Names that the forms of drawings read as their own, and a network that has them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

import henet_arch as ha

HOSTILE = (
    "<script>alert(1)</script>", '"];rm -rf', "a|b", "*bold*", "&amp;", "</svg>", "\\N\\G",
    "<B>x</B>", "-->", "]]>", "end", "%%{init}%%", "\x00\x1b[31m", "名前", "{{x}}", "'); drop",
    "${1}", "#quot;", "\r",
)  # fmt: skip


def renamed(names: list[str]) -> ha.Graph:
    """A small network whose own name, layers' and stages' are what a builder would refuse."""
    graph = ha.build(ha.Spec(channels=(4, 8), repeats=2, input=7))
    words = dict(
        zip(dict.fromkeys(w for n in graph for w in n.name.split(".")), names, strict=False)
    )
    nodes = {node.name: ".".join(words.get(w, w) for w in node.name.split(".")) for node in graph}
    renamed = tuple(
        node._replace(name=nodes[node.name], inputs=tuple(nodes[name] for name in node.inputs))
        for node in graph
    )
    return replace(graph, name=names[0], nodes=renamed, outputs=(nodes[graph.outputs[0]],))


lists_of_names = st.lists(
    st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=12).filter(lambda t: "." not in t),
    min_size=12,
    max_size=12,
    unique=True,
)
