"""What runs a network: PyTorch modules, verification, timing, data sets and training."""
