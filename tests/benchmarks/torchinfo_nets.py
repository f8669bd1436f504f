"""ResNet-152 and 1,000 linear layers in PyTorch, summed up by torchinfo: `torchinfo_nets.py resnet152 meta`.

On the device `meta` there are shapes without numbers: less to compute, and more to import.
"""

import sys

import torch
from torch import Tensor, nn
from torchinfo import summary


class Bottleneck(nn.Module):
    """Three convolutions and a shortcut."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        )
        projected = nn.Sequential(nn.Conv2d(inputs, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width))
        self.shortcut = nn.Identity() if inputs == 4 * width and stride == 1 else projected

    def forward(self, x: Tensor) -> Tensor:
        """The sum of both ways."""
        return torch.relu(self.body(x) + self.shortcut(x))


def resnet152() -> nn.Module:
    """The network of He et al. (2016)."""
    layers: list[nn.Module] = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    layers.append(nn.MaxPool2d(3, 2, 1))
    inputs = 64
    for width, blocks in ((64, 3), (128, 8), (256, 36), (512, 3)):
        for k in range(blocks):
            layers.append(Bottleneck(inputs, width, 2 if k == 0 and width > 64 else 1))
            inputs = 4 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000))


def thousand() -> nn.Module:
    """1,000 linear layers."""
    return nn.Sequential(*[nn.Linear(64, 64) for _ in range(1000)])


NETS = {"resnet152": (resnet152, (1, 3, 224, 224), 60_192_808), "thousand": (thousand, (1, 64), 4_160_000)}

if __name__ == "__main__":
    make, shape, params = NETS[sys.argv[1]]
    device = sys.argv[2]
    with torch.device(device):
        model = make()
    assert sum(p.numel() for p in model.parameters()) == params
    print(summary(model, shape, verbose=0, device=device))
