"""Models: the split of the rows, baselines trained here, and uploaded files that are checked and run apart."""
