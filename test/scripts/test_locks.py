# SPDX-License-Identifier: MIT
"""scripts/check_locks.py: on this tree, and on small trees that have drifted."""

import importlib.util
import os
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SPEC = importlib.util.spec_from_file_location("check_locks",
                                              os.path.join(ROOT, "scripts", "check_locks.py"))
check_locks = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(check_locks)

RANKS = "enum lock_rank {\n    RANK_LOW = 10,\n    RANK_HIGH = 20, // above\n};\n"
CODE = "// LOCK_CLASS(not_this, RANK_LOW, LOCK_SPIN);\nLOCK_CLASS(a_class, RANK_HIGH, LOCK_SPIN);\n"


class Locks(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.write(check_locks.RANKS, RANKS)
        self.write("kernel/a.c", CODE)
        self.write(check_locks.PAGE, "# Locks\n\n%s\n%s\n" % (check_locks.BEGIN, check_locks.END))

    def write(self, path, text):
        path = os.path.join(self.folder.name, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def page(self):
        with open(os.path.join(self.folder.name, check_locks.PAGE), encoding="utf-8") as f:
            return f.read()

    def run_on(self, update=False):
        return check_locks.run(self.folder.name, update)

    def fill_in(self):
        self.run_on(update=True)
        self.write(check_locks.PAGE, self.page().replace("| ? |", "| the thing |"))

    def test_page_of_this_tree_is_true(self):
        self.assertEqual(check_locks.run(ROOT, False), [])

    def test_update_needs_words_and_keeps_them(self):
        self.assertTrue(self.run_on())
        self.assertEqual(len(self.run_on(update=True)), 1)  # says what is to be written by hand
        self.fill_in()
        self.assertEqual(self.run_on(), [])
        before = self.page()
        self.assertIn("| 20 high | `a_class` | spin, preemption off | never | the thing |", before)
        self.assertNotIn("not_this", before)
        self.assertEqual(self.run_on(update=True), [])
        self.assertEqual(self.page(), before)

    def test_drift_is_reported(self):
        self.fill_in()
        self.write("kernel/a.c", CODE.replace("RANK_HIGH", "RANK_LOW"))
        self.assertTrue(self.run_on())
        self.write("kernel/a.c", "")
        self.assertTrue(self.run_on())
        self.write("kernel/a.c", CODE)
        self.assertEqual(self.run_on(), [])
        self.write("platform/b.c", "LOCK_CLASS_PUBLIC(b_class,\n    RANK_LOW, LOCK_MUTEX);\n")
        self.assertTrue(any("b_class" in line for line in self.run_on()))

    def test_wrong_declarations_are_refused(self):
        for code in ("LOCK_CLASS(b, RANK_NONE, LOCK_SPIN);", "LOCK_CLASS(b, RANK_LOW, LOCK_RW);",
                     "LOCK_CLASS(a_class, RANK_LOW, LOCK_SPIN);"):
            self.write("kernel/b.c", code + "\n")
            with self.assertRaises(check_locks.Problem):
                self.run_on()
        os.remove(os.path.join(self.folder.name, "kernel/b.c"))
        self.write(check_locks.RANKS, RANKS.replace("20", "10"))
        with self.assertRaises(check_locks.Problem):
            self.run_on()


if __name__ == "__main__":
    unittest.main()
