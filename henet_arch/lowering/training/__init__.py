"""From a graph to the passes of one training step."""
