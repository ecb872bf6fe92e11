"""How weights can start, by name, and the line of PyTorch that does it."""

INITS = {
    "gaussian": "nn.init.normal_(module.weight, std=0.01)",
    "kaiming": 'nn.init.kaiming_normal_(module.weight, nonlinearity="relu")',
}
"""As in the HENet paper's Caffe models, and as in ResNet (arXiv:1502.01852)."""
