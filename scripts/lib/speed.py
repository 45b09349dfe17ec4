# SPDX-License-Identifier: MIT
"""docs/speed.md, made by scripts/bench --report: all figures, and where the instructions go of those that
are above their goals (test/bench/reach.json)."""

import copy
import json
import math
import os

import bench
import machine

REACH = os.path.join(machine.ROOT, "test", "bench", "reach.json")
SHOWN = 14  # functions of a profile; the rest is summed up

HEAD = """# Speed

<!-- Made by scripts/bench --report docs/speed.md; do not edit. -->

Exact guest instructions per operation, of a release build by %s on one CPU: `scripts/bench`. The
baselines are in `test/bench/baseline.json`, and a dearer row fails the run. The goals are in
`test/bench/reach.json`. Below the table is where the instructions go of each row that is above its goal:
`scripts/bench --profile NAME`, which also counts the marks, the loop and, for round trips, the first start of
the other thread. The rows `beside_N_KIND` are one operation each beside N others of the kind: handles in the
process, messages in the queue, waits of the port, mappings in the region, threads that wait for something else.
`virtio_blk_read_4k` is what the threads of the client and of the driver take, the most frequent of 100 reads; its
disk answers on the host's time, so it is not exact, and may be dearer by a little.

| operation | instructions | goal | |
|---|---|---|---|
"""


def reach():
    with open(REACH, encoding="ascii") as f:
        return json.load(f)


def verdict(count, goal):
    if goal is None:
        return ""
    return "reached" if count <= goal else "%d above" % (count - goal)


def grows_slowly(cost):
    """Whether `cost` by number is flat within a tenth, or goes up by as much for each factor of ten."""
    sizes = sorted(cost)
    if cost[sizes[-1]] <= 1.1 * cost[sizes[0]]:
        return True
    steps = [(cost[b] - cost[a]) / math.log10(b / a) for a, b in zip(sizes, sizes[1:])]
    return len(steps) > 1 and steps[-1] <= 1.5 * steps[0]


def write(options):
    (rows, _), goals = bench.measure(options), reach()
    text = HEAD % bench.compiler(options)
    for row, count in rows.items():
        goal = goals.get(row)
        text += "| `%s` | %d | %s | %s |\n" % (row, count, "" if goal is None else goal,
                                            verdict(count, goal))
    text += "\n## Profiles\n"
    for row, count in rows.items():
        if count > goals.get(row, count):
            text += profile(options, row, count)
    with open(options.report, "w", encoding="ascii") as f:
        f.write(text)
    return 0


def profile(options, row, count):
    """The section of one row."""
    mine = copy.copy(options)
    mine.profile = row
    pcs, begin = bench.trace(mine)
    counts, _ = bench.by_function(mine, pcs, begin)
    most = counts.most_common()
    rest = sum(n for _, n in most[SHOWN:])
    lines = ["%7d  %s" % (n, name) for name, n in most[:SHOWN]]
    if rest:
        lines.append("%7d  in %d others" % (rest, len(most) - SHOWN))
    return "\n### %s: %d\n\n```\n%s\n```\n" % (row, count, "\n".join(lines))
