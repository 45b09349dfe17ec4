# SPDX-License-Identifier: MIT
"""docs/speed.md says what the baseline says."""

import json
import os
import re
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))

import speed  # noqa: E402


class Speed(unittest.TestCase):
    def test_the_page_has_the_baseline_and_the_goals(self):
        with open(os.path.join(ROOT, "docs", "speed.md"), encoding="ascii") as f:
            page = f.read()
        with open(os.path.join(ROOT, "test", "bench", "baseline.json"), encoding="ascii") as f:
            baselines = json.load(f)
        compiler = re.search(r"release build by (\S+ \S+) on", page).group(1)
        rows = {name: (int(count), int(goal) if goal else None) for name, count, goal in
                re.findall(r"^\| `(\w+)` \| (\d+) \| (\d*) \|", page, re.M)}
        goals = speed.reach()
        self.assertEqual(rows, {name: (count, goals.get(name))
                                for name, count in baselines[compiler].items()})

    def test_verdicts(self):
        self.assertEqual(speed.verdict(5, 5), "reached")
        self.assertEqual(speed.verdict(6, 5), "1 above")
        self.assertEqual(speed.verdict(6, None), "")


if __name__ == "__main__":
    unittest.main()
