"""Which networks of a space are worth building: the exact Pareto front under bounds."""
