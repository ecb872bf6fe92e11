"""Another package, with one part of each kind that henet-arch takes from outside."""
