# SPDX-License-Identifier: MIT
"""Which rows of scripts/bench are told and not compared."""

import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import bench  # noqa: E402

TEXT = "# 301: %d of 100 samples\r\n# 6479: %d of 100 samples\r\nbench " + bench.DISK_ROW + " 6178\r\n"


class Unsure(unittest.TestCase):
    def test_most_samples_agree(self):
        self.assertEqual(bench.unsure_rows(TEXT % (100, 51)), set())

    def test_half_of_them_say_nothing(self):
        self.assertEqual(bench.unsure_rows(TEXT % (100, 50)), {bench.DISK_ROW})
        self.assertEqual(bench.unsure_rows(TEXT % (50, 100)), {bench.DISK_ROW})

    def test_others_are_sure(self):
        self.assertEqual(bench.unsure_rows("bench syscall_null 54\r\n"), set())


if __name__ == "__main__":
    unittest.main()
