"""The files of a training's folder that others read."""

WEIGHTS = "weights.safetensors"
METRICS = "metrics.csv"
