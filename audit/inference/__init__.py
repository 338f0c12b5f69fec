"""How sure a number is: intervals that hold what they promise."""
