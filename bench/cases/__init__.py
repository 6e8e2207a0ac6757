"""The comparisons; importing this registers them all."""

from bench.cases import first_call, goal, hasselblad, hidden_markov, iris, iterations, limit, memory, skipping

__all__ = ["first_call", "goal", "hasselblad", "hidden_markov", "iris", "iterations", "limit", "memory", "skipping"]
