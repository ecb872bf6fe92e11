"""Small modules that do what other people's do."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

CHANNELS = 8


class Body(nn.Module):
    """Something between a convolution and a linear layer."""

    def __init__(self, channels: int = CHANNELS) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, CHANNELS, 3, padding=1)
        self.fc = nn.Linear(channels, 5)

    def body(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(self.body(self.stem(x)).mean((2, 3)))
        return y


class Shuffle(Body):
    def body(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        return x.view(n, 4, c // 4, h, w).transpose(1, 2).contiguous().view(n, c, h, w)


class SqueezeExcite(Body):
    def __init__(self) -> None:
        super().__init__()
        self.down, self.up = nn.Linear(CHANNELS, 2), nn.Linear(2, CHANNELS)

    def body(self, x: Tensor) -> Tensor:
        n, c, _, _ = x.shape
        gate = F.adaptive_avg_pool2d(x, 1).view(n, c)
        gate = torch.sigmoid(self.up(F.relu(self.down(gate)))).view(n, c, 1, 1)
        return x * gate.expand_as(x)


class HardSwish(Body):
    def body(self, x: Tensor) -> Tensor:
        x = x * F.relu6(x + 3, inplace=True) / 6
        x = x * (F.relu6(x + 3) / 6)
        return x * F.hardsigmoid(x)


class Gates(Body):
    def body(self, x: Tensor) -> Tensor:
        x = x * x.sigmoid()
        return x * torch.tanh(F.softplus(x))


class SamePadding(Body):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(CHANNELS, CHANNELS, 3, stride=2)

    def body(self, x: Tensor) -> Tensor:
        x = self.conv(F.pad(x, (0, 1, 0, 1)))
        return F.max_pool2d(F.pad(x, (1, 0, 1, 0), value=float("-inf")), 3, 1)


class ChannelsLast(Body):
    """ConvNeXt's block."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(CHANNELS)
        self.expand, self.reduce = nn.Linear(CHANNELS, 12), nn.Linear(12, CHANNELS)
        self.gamma = nn.Parameter(torch.randn(CHANNELS))

    def body(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(x.permute(0, 2, 3, 1))
        y = self.gamma * self.reduce(F.gelu(self.expand(y)))
        return x + y.permute(0, 3, 1, 2)


class Tokens(Body):
    """Places in a row, channels last, and back."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.linear = nn.LayerNorm(CHANNELS), nn.Linear(CHANNELS, CHANNELS)

    def body(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        tokens: Tensor = x.flatten(2).transpose(1, 2)
        tokens = tokens + self.linear(self.norm(tokens))
        return tokens.transpose(1, 2).reshape(n, c, h, w)


class Splits(Body):
    def body(self, x: Tensor) -> Tensor:
        first, second = x.chunk(2, 1)
        third, fourth = first.split([1, 3], dim=1)  # type: ignore[no-untyped-call]
        return torch.cat([second, third + second[:, :1], fourth, x[:, ::2], x[:, -1:]], 1)[:, :8]


class Standardised(Body):
    """A weight that is computed from others."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(CHANNELS, CHANNELS, 3, 3))
        self.gain = nn.Parameter(torch.randn(CHANNELS, 1, 1, 1))

    def body(self, x: Tensor) -> Tensor:
        var, mean = torch.var_mean(self.weight, dim=(1, 2, 3), keepdim=True)
        return F.conv2d(x, (self.weight - mean) * torch.rsqrt(var + 1e-6) * self.gain, padding=1)


class Twice(Body):
    """One module applied twice, and one parameter under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.block = nn.Sequential(nn.Conv2d(CHANNELS, CHANNELS, 1), nn.ReLU(inplace=True))
        self.first, self.second = nn.Linear(CHANNELS, CHANNELS), nn.Linear(CHANNELS, CHANNELS)
        self.second.weight, self.second.bias = self.first.weight, self.first.bias

    def body(self, x: Tensor) -> Tensor:
        x = self.block(self.block(x)).permute(0, 2, 3, 1)
        y: Tensor = self.second(self.first(x).relu())
        return y.permute(0, 3, 1, 2)


class InPlace(Body):
    def body(self, x: Tensor) -> Tensor:
        y = F.dropout(x.clone(), 0.5, self.training, inplace=True)
        x.mul_(2).add_(1)
        view = x.flatten(2)
        x.relu_()
        return y + x + view.view_as(x)


class Partial(Body):
    """Some channels are convolved, and written over those that they are made of (FasterNet)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 2, 3, padding=1)

    def body(self, x: Tensor) -> Tensor:
        y = x.clone()
        y[:, 1:3, :, :] = self.conv(y[:, 1:3, :, :])
        y[:, 4:] = y[:, :4] * x[:, 4:]
        return x + y


class CopiedThenChanged(Body):
    """What is turned and laid out anew lies in memory of its own; a view of it does not."""

    def body(self, x: Tensor) -> Tensor:
        turned = x.permute(0, 2, 3, 1)
        copied = turned.contiguous()
        copied += 1
        view = x.flatten(2)
        view.mul_(3)
        return (copied * turned).permute(0, 3, 1, 2) + x


class PaddedThenChanged(Body):
    """A padded copy is as the map was before it is changed in place."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(CHANNELS, CHANNELS, 3)

    def body(self, x: Tensor) -> Tensor:
        padded = F.pad(x, (1, 1, 1, 1))
        lowest = F.pad(x, (1, 1, 1, 1), value=float("-inf"))
        x.relu_()
        y: Tensor = self.conv(padded) + x + F.max_pool2d(lowest, 3, 1)
        return y


class OtherNames(Body):
    """What PyTorch calls by two names."""

    def body(self, x: Tensor) -> Tensor:
        y = torch.concat([torch.clip(x, -1, 2), torch.absolute(x)], 1)
        y = torch.true_divide(torch.multiply(y, y), 2).subtract(torch.negative(y))
        a, b = y.chunk(2, 1)
        return torch.max(a, b) + torch.min(a.mean(1, keepdim=True), b)


class ResponseNorm(Body):
    def body(self, x: Tensor) -> Tensor:
        return F.local_response_norm(x, 4, alpha=0.3, beta=0.6, k=2.0)


class Norms(Body):
    def __init__(self) -> None:
        super().__init__()
        self.norms = nn.Sequential(
            nn.BatchNorm2d(CHANNELS),
            nn.GroupNorm(2, CHANNELS),
            nn.InstanceNorm2d(CHANNELS, affine=True),
            nn.BatchNorm2d(CHANNELS, affine=False),
            nn.PReLU(CHANNELS),
            nn.PReLU(),
        )
        self.scale, self.shift = nn.Parameter(torch.randn(CHANNELS, 1, 1)), torch.randn(8, 1, 1)

    def body(self, x: Tensor) -> Tensor:
        y: Tensor = self.norms(x)
        return y * self.scale + self.shift


class Sizes(Body):
    def __init__(self) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(CHANNELS, CHANNELS, 2, stride=2, groups=2)

    def body(self, x: Tensor) -> Tensor:
        small = F.interpolate(x, scale_factor=0.5, mode="bilinear")
        large = F.interpolate(self.up(small), size=x.shape[2:], mode="nearest")
        pixels = F.pixel_unshuffle(F.pixel_shuffle(x[:, :4], 2), 2)
        padded = F.pad(pixels, (1, 1, 1, 1), mode="reflect")[:, :, 1:-1, 1:-1]
        return large + torch.cat([padded, F.adaptive_max_pool2d(x[:, 4:], x.shape[-1])], 1)


class Arithmetic(Body):
    def body(self, x: Tensor) -> Tensor:
        y = torch.maximum(x, -x) - torch.minimum(x, 2 * x + 1) / 3
        y = y / (x.abs() + 1) + (1 - x).exp().clamp(-1, 1)
        return y * x.amax((2, 3), keepdim=True) + x.mean(1, keepdim=True) + x.softmax(1).sqrt()


class Keywords(Body):
    """Tensors by keyword, under the names of PyTorch's functions."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(8, 2, 3, 3))

    def body(self, x: Tensor) -> Tensor:
        y = F.conv2d(input=x, weight=self.weight, stride=1, padding=1, groups=4)
        y = F.max_pool2d(input=F.relu(input=y), kernel_size=2)
        return torch.add(input=y, other=F.avg_pool2d(input=x, kernel_size=2))


class Subsampled(Body):
    """Every second pixel beside zeros (ResNet's shortcut A), every pixel of four (YOLO's focus)."""

    def body(self, x: Tensor) -> Tensor:
        y = F.pad(x[:, :4, ::2, ::2], (0, 0, 0, 0, 2, 2))
        z = torch.cat([x[..., i::2, j::2] for j in (0, 1) for i in (0, 1)], 1)
        rows = x[:, :, 1:-1:2][:, :, 1:]
        both = x[:, :, 1:]
        pooled = rows.mean((2, 3), True) + both[..., 3:].mean((2, 3), True)
        return y + z[:, 8:16] * pooled + both.mean((2, 3), True)


PATTERNS: dict[str, type[Body]] = {
    each.__name__: each
    for each in (
        Shuffle, SqueezeExcite, HardSwish, Gates, SamePadding, ChannelsLast, Tokens, Splits,
        Standardised, Twice, InPlace, Partial, CopiedThenChanged, PaddedThenChanged, OtherNames,
        ResponseNorm, Norms, Sizes, Arithmetic, Keywords, Subsampled,
    )
}  # fmt: skip
"""What becomes layers of known kinds alone."""


class Heads(nn.Module):
    """Three classifiers: one is returned, one runs for nothing, one does not run at inference."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 1)
        self.heads = nn.ModuleList(nn.Linear(8, 5) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x).mean((2, 3))
        if self.training:
            return torch.cat([head(y) for head in self.heads])
        outputs: list[Tensor] = [head(y) for head in self.heads[:2]]
        return outputs[-1]


class Gathered(Body):
    """Images chosen by a tensor of numbers, which a recording must not run over."""

    def body(self, x: Tensor) -> Tensor:
        y: Tensor = x[x.new_zeros(len(x), dtype=torch.long)]
        return y


class Selective(Body):
    """A softmax over branches, whose weights are seen as maps of branches (SKNet)."""

    def body(self, x: Tensor) -> Tensor:
        w = x.mean((2, 3)).view(x.shape[0], 2, 4).softmax(1).unsqueeze(-1).unsqueeze(-1)
        y = (x.view(x.shape[0], 2, 4, *x.shape[2:]) * w).sum(1)
        return torch.cat([y, y], 1)


class Attention(Body):
    """Known costs, no structure."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.position = nn.Linear(8, 24), nn.Parameter(torch.randn(1, 65, 8))
        self.token = nn.Parameter(torch.randn(1, 1, 8))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.position
        n, length, _ = x.shape
        q, k, v = self.query(x).reshape(n, length, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
        y = F.scaled_dot_product_attention(q, k, v)
        y = y + ((q @ k.transpose(-2, -1)) * 0.5).softmax(-1) @ v
        y = y.transpose(1, 2).reshape(n, length, 8)
        z: Tensor = self.fc(y[:, 0])
        return z


class ResponseOfChannels(Body):
    """ConvNeXtV2's norm of each channel over all places, channels last."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(8)), nn.Parameter(torch.randn(8))
        self.linear = nn.Linear(8, 8)

    def body(self, x: Tensor) -> Tensor:
        x = x.permute(0, 2, 3, 1)
        norm = x.norm(p=2, dim=(1, 2), keepdim=True)
        y: Tensor = x * (norm / (norm.mean(-1, keepdim=True) + 1e-6))
        y = self.linear(x + torch.addcmul(self.bias, self.weight, y))
        return y.permute(0, 3, 1, 2)


class Branch(Body):
    def body(self, x: Tensor) -> Tensor:
        if x.sum() > 0:
            return x + 1
        return x


class Ends(nn.Module):
    """Two inputs, two outputs, and one that is no tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, image: Tensor, mask: Tensor, *, scale: float = 2.0) -> dict[str, Any]:
        y = self.conv(image)
        return {"masked": y * mask, "scaled": y * scale, "none": None}


def build() -> nn.Module:
    return ChannelsLast()


def broken() -> nn.Module:
    raise ValueError("no such thing")


instance = Shuffle()
number = 3
