"""How rows are made: coding of columns, the adversarial networks, and how good the made rows are."""
