"""How other fairness tools would report the same counts: one file for each tool."""
