"""The rules that hold for every number of an audit, as sentences for a reader."""

from __future__ import annotations

from typing import Final

CONVENTIONS: Final = (
    (
        "A gap is the largest minus the smallest rate over the groups that can be estimated. A ratio is the smallest over "
        "the largest. Beside it stands the signed difference of each group to a reference group."
    ),
    (
        "Every rate has a Wilson interval. The interval of a gap comes from simultaneous pairwise intervals, so it can "
        "contain 0 and allows for having picked the extreme groups."
    ),
    (
        "Measures that are no shares, such as the F1 score, take their intervals from replicates of the counts, with half a "
        "person added to each cell. In 1,000 simulated data sets for each of eight settings, 2 to 20 groups of 50 or 200 "
        "people, 95 % intervals of groups held the truth in 94 to 96 %, and those of gaps in 93 to 98 %."
    ),
    (
        "A verdict is about the interval, not the point. Within tolerance: the whole interval is. Beyond: the whole "
        "interval is outside. Cannot tell: everything else. A group that cannot be estimated turns within into cannot tell."
    ),
    "A value that cannot be estimated is never shown as 0: the reason stands in its place.",
    (
        "People whose group is not recorded are counted and listed as Unknown; they are left out of gaps unless the plan "
        "says otherwise."
    ),
    "Weights change rates and intervals. The counts shown are people.",
    (
        "Scores that take more values than the plan has bins, 1,000 unless it says up to 10,000, are counted in bins of equal "
        "width, with the threshold between two of them. An area under a curve is then off by at most half of the share of "
        "pairs of a positive and a negative person who are in one bin. This bound stands beside the areas, and the intervals "
        "of areas and of their gaps reach as much further. Where the plan counts every score by itself, areas are exact."
    ),
    (
        "The rates of every group are computed with Fairlearn as well, on the same counts, and compared; groupings with "
        "more than 50 groups are left out of that."
    ),
    "Before and after a mitigation, the same test rows are compared in pairs.",
)
"""What holds everywhere, in the order in which it is shown."""
