"""What becomes of weights in a step."""
