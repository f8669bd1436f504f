"""A network that is computed and trained: from the problem to its graph, and from a run of it to the document."""
