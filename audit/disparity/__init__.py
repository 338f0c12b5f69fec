"""From rates to disparities: comparisons between groups, criteria and verdicts."""
