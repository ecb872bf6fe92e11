"""What a user says of a network, and how rules build it."""
