"""What a warm PDF costs: the full report of an audit with three mitigations, in wall seconds and CPU seconds.

Run it with ``python benchmarks/report_cost.py [repeats]``.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from audit.data.samples import open_sample, sample
from audit.plan import MitigationChoice, ModelChoice
from audit.report.compose import to_pdf
from audit.run import run


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    tried = (
        MitigationChoice(id="reweighing"),
        MitigationChoice(id="resampling"),
        MitigationChoice(id="gan", params={"epochs": 5, "group_by": "sex"}),
    )
    adult = replace(
        sample("adult").plan,
        model=ModelChoice(kind="train", algorithm="logistic_regression"),
        mitigations=tried,
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, plan in (("acs_employment", sample("acs_employment").plan), ("adult", adult)):
            result = run(open_sample(name, Path(folder)), plan)
            to_pdf(result)  # the first report loads fonts
            wall, cpu, size = [], [], 0
            for _ in range(repeats):
                start, began = time.perf_counter(), time.process_time()
                size = len(to_pdf(result))
                wall.append(time.perf_counter() - start)
                cpu.append(time.process_time() - began)
            print(
                f"{name:16} {len(result.tried)} mitigations: median {statistics.median(wall):.2f} s wall, "
                f"{statistics.median(cpu):.2f} s CPU (min {min(cpu):.2f}, max {max(cpu):.2f}); {size / 1000:,.0f} kB"
            )


if __name__ == "__main__":
    main()
