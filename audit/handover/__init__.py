"""A repaired model as files: the model itself, its thresholds, and a card that says what it is and what it did."""
