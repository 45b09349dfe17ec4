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

    def test_what_lies_beside_costs_nothing_or_a_logarithm(self):
        with open(os.path.join(ROOT, "test", "bench", "baseline.json"), encoding="ascii") as f:
            baselines = json.load(f)
        for compiler, rows in baselines.items():
            families = {}
            for name, count in rows.items():
                found = re.fullmatch(r"beside_(\d+)_(\w+)", name)
                if found:
                    families.setdefault(found.group(2), {})[int(found.group(1))] = count
            self.assertEqual(set(families), {"handles", "messages", "waits", "mappings", "threads"},
                             compiler)
            for kind, cost in families.items():
                self.assertTrue(speed.grows_slowly(cost), "%s, %s: %s" % (compiler, kind, cost))

    def test_what_grows_slowly(self):
        self.assertTrue(speed.grows_slowly({1: 100, 1000: 110, 100000: 110}))
        self.assertTrue(speed.grows_slowly({1: 100, 1000: 400, 100000: 600}))
        self.assertFalse(speed.grows_slowly({1: 100, 1000: 111}))
        self.assertFalse(speed.grows_slowly({1: 100, 1000: 200, 100000: 10000}))
        self.assertFalse(speed.grows_slowly({1: 100, 1000: 100, 100000: 1000}))

    def test_verdicts(self):
        self.assertEqual(speed.verdict(5, 5), "reached")
        self.assertEqual(speed.verdict(6, 5), "1 above")
        self.assertEqual(speed.verdict(6, None), "")


if __name__ == "__main__":
    unittest.main()
