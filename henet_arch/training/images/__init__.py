"""What is trained on: read, chosen, changed and put into batches."""
