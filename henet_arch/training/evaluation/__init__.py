"""How well a network tells the test images."""
