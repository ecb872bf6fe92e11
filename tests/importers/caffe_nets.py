"""Networks as people write them for Caffe, old and new."""

from __future__ import annotations

from collections.abc import Iterable


class Prototxt:
    """A file that grows layer by layer; each method gives the name of what the layer gives."""

    def __init__(self, name: str, shape: tuple[int, int, int], *, new: bool = True) -> None:
        dims = " ".join(f"dim: {size}" for size in (1, *shape))
        old = "\n".join(f"input_dim: {size}" for size in (1, *shape))
        self.lines = [f'name: "{name}"']
        if new:
            self.layer("data", "Input", (), "data", f"input_param {{ shape {{ {dims} }} }}")
        else:
            self.lines += ['input: "data"', *old.splitlines()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    def layer(
        self, name: str, kind: str, bottoms: Iterable[str], top: str = "", settings: str = ""
    ) -> str:
        top = top or name
        self.lines += ["layer {", f'  name: "{name}"', f'  type: "{kind}"']
        self.lines += [f'  bottom: "{bottom}"' for bottom in bottoms]
        self.lines += [f'  top: "{top}"', *([f"  {settings}"] if settings else []), "}"]
        return top

    def conv(self, name: str, x: str, outputs: int, kernel: int, **more: object) -> str:
        words = {"num_output": outputs, "kernel_size": kernel, **more}
        inner = " ".join(f"{key}: {_text(value)}" for key, value in words.items())
        return self.layer(name, "Convolution", [x], "", f"convolution_param {{ {inner} }}")

    def relu(self, name: str, x: str) -> str:
        return self.layer(name, "ReLU", [x], x)

    def norm(self, name: str, x: str, scale: str = "") -> str:
        self.layer(name, "BatchNorm", [x], x, "batch_norm_param { use_global_stats: true }")
        return self.layer(
            scale or f"{name}_scale", "Scale", [x], x, "scale_param { bias_term: true }"
        )

    def lrn(self, name: str, x: str) -> str:
        settings = "lrn_param { local_size: 5 alpha: 0.1 beta: 0.75 }"
        return self.layer(name, "LRN", [x], "", settings)

    def pool(self, name: str, x: str, kind: str, kernel: int, stride: int, pad: int = 0) -> str:
        return self.layer(
            name,
            "Pooling",
            [x],
            "",
            f"pooling_param {{ pool: {kind} kernel_size: {kernel} stride: {stride} pad: {pad} }}",
        )

    def fc(self, name: str, x: str, outputs: int) -> str:
        return self.layer(
            name, "InnerProduct", [x], "", f"inner_product_param {{ num_output: {outputs} }}"
        )

    def add(self, name: str, *bottoms: str) -> str:
        return self.layer(name, "Eltwise", bottoms)

    def concat(self, name: str, *bottoms: str) -> str:
        return self.layer(name, "Concat", bottoms)

    def shuffle(self, name: str, x: str, groups: int) -> str:
        return self.layer(
            name, "ShuffleChannel", [x], "", f"shuffle_channel_param {{ group: {groups} }}"
        )


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def alexnet(size: int = 227, classes: int = 1000) -> str:
    """`bvlc_alexnet`, with its pools, grouped convolutions and norms."""
    net = Prototxt("AlexNet", (3, size, size), new=False)
    x = net.relu("relu1", net.conv("conv1", "data", 96, 11, stride=4))
    x = net.lrn("norm1", x)
    x = net.pool("pool1", x, "MAX", 3, 2)
    x = net.relu("relu2", net.conv("conv2", x, 256, 5, pad=2, group=2))
    x = net.lrn("norm2", x)
    x = net.pool("pool2", x, "MAX", 3, 2)
    x = net.relu("relu3", net.conv("conv3", x, 384, 3, pad=1))
    x = net.relu("relu4", net.conv("conv4", x, 384, 3, pad=1, group=2))
    x = net.relu("relu5", net.conv("conv5", x, 256, 3, pad=1, group=2))
    x = net.pool("pool5", x, "MAX", 3, 2)
    for index, width in ((6, 64), (7, 32)):
        x = net.relu(f"relu{index}", net.fc(f"fc{index}", x, width))
        x = net.layer(f"drop{index}", "Dropout", [x], x, "dropout_param { dropout_ratio: 0.5 }")
    net.fc("fc8", x, classes)
    return net.text


_INCEPTIONS = (
    ("3a", 64, 96, 128, 16, 32, 32), ("3b", 128, 128, 192, 32, 96, 64),
    ("4a", 192, 96, 208, 16, 48, 64), ("4b", 160, 112, 224, 24, 64, 64),
    ("4c", 128, 128, 256, 24, 64, 64), ("4d", 112, 144, 288, 32, 64, 64),
    ("4e", 256, 160, 320, 32, 128, 128), ("5a", 256, 160, 320, 32, 128, 128),
    ("5b", 384, 192, 384, 48, 128, 128),
)  # fmt: skip


def googlenet(size: int = 224, divisor: int = 1) -> str:
    """`bvlc_googlenet`, whose names have slashes and digits, all widths divided by a number."""
    net = Prototxt("GoogleNet", (3, size, size))

    def conv(name: str, x: str, outputs: int, kernel: int, **more: object) -> str:
        x = net.conv(name, x, outputs // divisor, kernel, pad=kernel // 2, **more)
        return net.relu(f"{name.rpartition('/')[0]}/relu_{name.rpartition('/')[2]}", x)

    x = conv("conv1/7x7_s2", "data", 64, 7, stride=2)
    x = net.lrn("pool1/norm1", net.pool("pool1/3x3_s2", x, "MAX", 3, 2))
    x = conv("conv2/3x3", conv("conv2/3x3_reduce", x, 64, 1), 192, 3)
    x = net.pool("pool2/3x3_s2", net.lrn("conv2/norm2", x), "MAX", 3, 2)
    for name, one, three_in, three, five_in, five, pooled in _INCEPTIONS:
        scope = f"inception_{name}"
        parts = (
            conv(f"{scope}/1x1", x, one, 1),
            conv(f"{scope}/3x3", conv(f"{scope}/3x3_reduce", x, three_in, 1), three, 3),
            conv(f"{scope}/5x5", conv(f"{scope}/5x5_reduce", x, five_in, 1), five, 5),
            conv(f"{scope}/pool_proj", net.pool(f"{scope}/pool", x, "MAX", 3, 1, 1), pooled, 1),
        )
        x = net.concat(f"{scope}/output", *parts)
        if name in ("3b", "4e"):
            x = net.pool(f"pool{int(name[0])}/3x3_s2", x, "MAX", 3, 2)
    x = net.pool("pool5/drop_7x7_s1", x, "AVE", max(1, -(-size // 32)), 1)
    net.fc("loss3/classifier", x, 10)
    return net.text


def resnet50(size: int = 224, divisor: int = 1) -> str:
    """He's `ResNet-50-deploy`, all widths divided by a number."""
    net = Prototxt("ResNet-50", (3, size, size), new=False)

    def conv(branch: str, x: str, outputs: int, kernel: int, stride: int = 1) -> str:
        bias = branch == "1"
        x = net.conv(f"{'conv' if bias else 'res'}{branch}", x, outputs // divisor, kernel,
                     pad=kernel // 2, stride=stride, bias_term=bias)  # fmt: skip
        return net.norm(f"bn{branch}", x, f"scale{branch}")

    x = net.relu("conv1_relu", conv("1", "data", 64, 7, 2))
    x = net.pool("pool1", x, "MAX", 3, 2)
    for stage, (count, width) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512)), 2):
        for block in "abcdef"[:count]:
            name, stride = f"{stage}{block}", 2 if block == "a" and stage > 2 else 1
            skip = conv(f"{name}_branch1", x, 4 * width, 1, stride) if block == "a" else x
            y = net.relu(f"res{name}_2a_relu", conv(f"{name}_branch2a", x, width, 1, stride))
            y = net.relu(f"res{name}_2b_relu", conv(f"{name}_branch2b", y, width, 3))
            y = conv(f"{name}_branch2c", y, 4 * width, 1)
            x = net.relu(f"res{name}_relu", net.add(f"res{name}", skip, y))
    x = net.pool("pool5", x, "AVE", -(-size // 32), 1)
    net.fc("fc1000", x, 10)
    return net.text


_GROUPS = {24: (6, 4), 48: (8, 6), 96: (12, 8)}


def henet(repeats: int = 2, classes: int = 10, *, as_ours: bool = False) -> str:
    """HENet after the paper's Table 2, with names like its authors', or with those of our rules."""
    net = Prototxt("HENet", (3, 31, 31))

    def name(theirs: str, ours: str) -> str:
        return ours if as_ours else theirs

    def block(scope: str, x: str, width: int, output: int, stride: int) -> str:
        m, n = _GROUPS[width]
        first, second = ((width, 1), (output, 3)) if stride == 1 else ((width, 3), (output, 1))
        x = net.conv(f"{scope}conv1", x, *first, pad=0, stride=stride, group=m)
        x = net.shuffle(f"{scope}shuffle", net.norm(f"{scope}bn1", x), m)
        x = net.conv(f"{scope}conv2", x, *second, pad=second[1] // 2, group=n)
        x = net.norm(f"{scope}bn2", x)
        return net.relu(f"{scope}relu", x)

    x = net.conv(name("conv1", "stem/conv"), "data", 24, 3, pad=1)
    x = net.relu(name("relu1", "stem/relu"), net.norm(name("bn1", "stem/bn"), x))
    for stage, (width, output) in enumerate(((24, 48), (48, 96), (96, 96)), 1):
        total = x
        for index in range(1, repeats + 1):
            scope = name(f"he{stage}_conv/{index}_", f"stage{stage}/block{index}/")
            h = block(scope, x, width, width, 1)
            total = net.add(name(f"{scope}elewise", f"{scope}add"), h, total)
            x = net.concat(f"{scope}concat", total, h)
        x = block(name(f"he{stage}_down/", f"stage{stage}/down/"), x, output // 2, output, 2)
    x = block(name("he4_down/", "stage4/down/"), x, 96, 192, 2)
    if as_ours:
        x = net.layer("head/flatten", "Flatten", [x])
    net.fc(name("fc", "head/fc"), x, classes)
    return net.text


def shufflenet(size: int = 64, groups: int = 3, divisor: int = 4) -> str:
    """ShuffleNet (arXiv:1707.01083) in the layers of a fork, its widths divided by a number."""
    net = Prototxt("shufflenet", (3, size, size))
    x = net.relu("conv1_relu", net.norm("conv1_bn", net.conv(
        "conv1", "data", 24, 3, pad=1, stride=2, bias_term=False)))  # fmt: skip
    x, before = net.pool("pool1", x, "MAX", 3, 2), 24
    for stage, (count, width) in enumerate(((4, 240), (8, 480), (4, 960)), 2):
        width //= divisor
        for index in range(1, min(count, 2) + 1):
            name, down = f"stage{stage}_{index}", index == 1
            middle = width // 4 // groups * groups
            y = net.conv(f"{name}_1x1", x, middle, 1, bias_term=False,
                         group=1 if before == 24 else groups)  # fmt: skip
            y = net.relu(f"{name}_relu1", net.norm(f"{name}_bn1", y))
            y = net.shuffle(f"{name}_shuffle", y, groups)
            settings = f"kernel_size: 3 pad: 1 stride: {1 + down} bias_term: false group: {middle}"
            y = net.layer(f"{name}_dw", "ConvolutionDepthwise", [y], "",
                          f"convolution_param {{ num_output: {middle} {settings} }}")  # fmt: skip
            y = net.norm(f"{name}_bn2", y)
            out = width - before if down else width
            y = net.norm(f"{name}_bn3", net.conv(f"{name}_1x1b", y, out, 1, bias_term=False,
                                                  group=groups))  # fmt: skip
            if down:
                skip = net.pool(f"{name}_match", x, "AVE", 3, 2)
                x = net.concat(f"{name}_concat", skip, y)
            else:
                x = net.add(f"{name}_add", x, y)
            x, before = net.relu(f"{name}_relu", x), width
    x = net.layer("pool", "Pooling", [x], "", "pooling_param { pool: AVE global_pooling: true }")
    net.conv("fc", x, 10, 1)
    return net.text


def segmenter() -> str:
    """A net of parts that newer files have: gates by channel, a crop, a slice, another size."""
    net = Prototxt("segmenter", (3, 20, 22))
    x = net.relu("relu1", net.norm("bn1", net.conv("conv1", "data", 8, 3, bias_term=False)))
    pooled = net.layer(
        "gap", "Pooling", [x], "", "pooling_param { pool: AVE global_pooling: true }"
    )
    gate = net.layer("gate", "Sigmoid", [net.fc("squeeze", pooled, 8)])
    y = net.layer("excited", "Scale", [x, gate], "", "scale_param { axis: 0 }")
    gate = net.layer("gate2", "Sigmoid", [net.conv("squeeze2", pooled, 8, 1)])
    y = net.layer("axpy", "Axpy", [gate, y, y])  # OpenCV has the last two the wrong way round
    y = net.pool("pool", y, "MAX", 2, 2)
    up = "num_output: 4 kernel_size: 4 stride: 2"
    y = net.layer("up", "Deconvolution", [y], "", f"convolution_param {{ {up} }}")
    y = net.layer("crop", "Crop", [y, x], "", "crop_param { axis: 2 offset: 1 offset: 0 }")
    y = net.layer("slices", "Slice", [y], "left", 'top: "right" slice_param { slice_point: 1 }')
    y = net.add("sum", "left", net.conv("conv2", "right", 1, 1))
    net.layer("interp", "Interp", [y], "", "interp_param { height: 30 width: 25 }")
    return net.text


V1 = """
# As files were written in 2014.
name: 'CaffeNet'
input: "data"
input_dim: 10
input_dim: 3
input_dim: 33
input_dim: 33
layers {
  bottom: "data"
  top: "conv1"
  name: "conv1"
  type: CONVOLUTION
  blobs_lr: 1 blobs_lr: 2
  weight_decay: 1 weight_decay: 0
  convolution_param { num_output: 8 kernel_size: 3 stride: 2
    weight_filler { type: "gaussian" std: 0.01 } }
}
layers { bottom: "conv1" top: "conv1" name: "relu1" type: RELU relu_param { negative_slope: 0.1 } }
layers { bottom: "conv1" top: "pool1" name: "pool1" type: POOLING
  pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 } }
layers { bottom: "pool1" top: "left" top: "right" name: "slice" type: SLICE
  slice_param { slice_dim: 1 slice_point: 3 } }
layers { bottom: "right" top: "tanh" name: "tanh" type: TANH }
layers { bottom: "left" bottom: "tanh" top: "cat" name: "cat" type: CONCAT
  concat_param { concat_dim: 1 } }
layers { bottom: "cat" bottom: "pool1" top: "mix" name: "mix" type: ELTWISE
  eltwise_param { operation: SUM coeff: 0.5 coeff: -2 } }
layers { bottom: "mix" top: "power" name: "power" type: POWER
  power_param { power: 1 scale: 0.25 shift: 0.5 } }
layers { name: "fc" type: INNER_PRODUCT bottom: "power" top: "fc" param: "shared"
  inner_product_param { num_output: 5 } }
layers { name: "prob" type: SOFTMAX bottom: "fc" top: "prob" }
"""
"""`layers` with types that stand without quotes."""
