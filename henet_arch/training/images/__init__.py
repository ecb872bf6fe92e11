"""What is trained on: read, chosen, changed and fed."""
