# SPDX-License-Identifier: MIT
"""What test/target/devices/line.py takes for text that came twice, and for text that is lost."""

import os
import random
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "test", "target", "devices"))
import line  # noqa: E402

NUMBERS = "".join("%d\n" % i for i in range(1, 51))
WHOLE = "a prompt\n" + line.MARK + NUMBERS
END = "the end\n"


def count(text):
    return line.repeats_of_numbers(text + END, NUMBERS)


class Repeats(unittest.TestCase):
    def test_none(self):
        self.assertEqual(count(WHOLE), 0)

    def test_one_is_counted_once(self):
        # What is written anew begins like what would have come: "\n2".
        at = WHOLE.index("\n28\n") + 4
        self.assertEqual(count(WHOLE[:at] + WHOLE[at - 4:]), 1)

    def test_any(self):
        for seed in range(500):
            dice = random.Random(seed)
            text, at = "", 0
            for end in sorted(dice.sample(range(1, len(WHOLE)), 3)):
                text += WHOLE[at:end]
                at = max(0, end - dice.randint(0, line.HELD))
            with self.subTest(seed=seed):
                self.assertIn(count(text + WHOLE[at:]), range(4))

    def test_too_many(self):
        at = WHOLE.index("28\n")
        self.assertNotIn(count(WHOLE[:at] + WHOLE[at - line.HELD - 1:]), (0, 1))

    def test_loss(self):
        for at in range(WHOLE.index("\n1\n") + 1, len(WHOLE)):
            with self.subTest(at=at):
                self.assertEqual(count(WHOLE[:at] + WHOLE[at + 1:]), -1)

    def test_no_mark(self):
        self.assertEqual(count(NUMBERS), -1)


if __name__ == "__main__":
    unittest.main()
