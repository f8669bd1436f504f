"""The engine: a graph of named quantities without values, runs of it, its gradients, its updates, and its lines."""
