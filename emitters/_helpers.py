"""What emitted PyTorch brings along, since torch has no such function or module."""

from __future__ import annotations

CHAIN = '''
def chain(**layers: nn.Module) -> nn.Sequential:
    """Layers one after the other, each under its name."""
    return nn.Sequential(OrderedDict(layers))
'''

TREE = '''
def tree(**layers: nn.Module) -> nn.Module:
    """Layers under their names, for whoever runs them."""
    module = nn.Module()
    for name, layer in layers.items():
        module.add_module(name, layer)
    return module
'''

LAYER_NORM = '''
class LayerNorm2d(nn.LayerNorm):
    """Layer norm over the channels of each place of a map."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
'''

SCALE = '''
class Scale(nn.Module):
    """A factor and a shift for each channel."""

    def __init__(self, channels: int, weight: bool = True, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels)) if weight else None
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    def reset_parameters(self) -> None:
        if self.weight is not None:
            nn.init.ones_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        shape = (-1, *[1] * (x.dim() - 2))
        if self.weight is not None:
            x = x * self.weight.view(shape)
        return x if self.bias is None else x + self.bias.view(shape)
'''

WINDOW_MEAN = '''
class WindowMean2d(nn.Module):
    """The mean of what each window has of a map, without the padding around it."""

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int],
        padding: tuple[int, int, int, int],
    ) -> None:
        super().__init__()
        self.pad = nn.ZeroPad2d(padding)
        self.pool = nn.AvgPool2d(kernel_size, stride)

    def forward(self, x: Tensor) -> Tensor:
        inside = self.pool(self.pad(torch.ones_like(x[:1, :1])))
        mean: Tensor = self.pool(self.pad(x)) / inside
        return mean
'''

HELPERS = {
    rf"(?<![.\w]){name}\(": ["", *text.rstrip().splitlines()]
    for name, text in (
        ("chain", CHAIN),
        ("tree", TREE),
        ("LayerNorm2d", LAYER_NORM),
        ("Scale", SCALE),
        ("WindowMean2d", WINDOW_MEAN),
    )
}
"""What is written before the classes that use it: by the pattern of a use."""
