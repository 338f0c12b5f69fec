"""What is counted besides the cells: scores, strata, clusters, classes, values. Each table is small and goes into the JSON."""
