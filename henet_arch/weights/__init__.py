"""Weights from anywhere for a network: by name, by order, or by a permutation of channels."""
