"""What the worst-group mitigations share: losses by group, weights of groups, the choice on validation rows, sentences."""
