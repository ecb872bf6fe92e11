from __future__ import annotations
import ctypes, subprocess, tempfile, hashlib, os
from pathlib import Path
import numpy as np
from ...lowering.plan import plan
from ... import discovery
from .packing import packed
class Network:
    pass
def load(graph, tensors, flags=("-march=native",), cc="gcc", tuned=None):
    c = discovery.load("emitters", "c")
    p = plan(graph, tuned)
    name = c.identifier(graph.name)
    text = c.source(p, name)
    key = hashlib.sha256((text + cc + " ".join(flags)).encode()).hexdigest()
    so = Path(f"/tmp/natcache/{key}.so"); so.parent.mkdir(exist_ok=True)
    if not so.exists():
        src = so.with_suffix(".c"); src.write_text(text)
        subprocess.run([cc, "-std=gnu11", "-O3", "-ffp-contract=fast", "-Wall", "-Wextra", *flags, "-shared", "-fPIC", src, "-o", so, "-lm"], check=True)
    lib = ctypes.CDLL(str(so))
    run = getattr(lib, f"{name}_run"); run.argtypes = [ctypes.c_void_p] * 4
    w = packed(p, tensors)
    n = sum(len(v.planes) * v.size[0] * v.size[1] for v in p.program.outputs)
    ws = np.full(p.size + 16, np.nan, np.float32)
    def call(x):
        x = np.ascontiguousarray(x, np.float32)
        out = np.empty(n, np.float32)
        assert run(w.ctypes.data, x.ctypes.data, out.ctypes.data, ws.ctypes.data) == 0
        return out
    call.raw = (run, w, ws, n, p)
    return call
