# SPDX-License-Identifier: MIT
"""scripts/check_ordering.py: docs/ordering.md lists every barrier, cache and TLB operation."""

import importlib.util
import os
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SPEC = importlib.util.spec_from_file_location("check_ordering",
                                              os.path.join(ROOT, "scripts", "check_ordering.py"))
check_ordering = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(check_ordering)


class Ordering(unittest.TestCase):
    def operations(self, name, text):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, name)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            return dict(check_ordering.operations(path))

    def test_this_tree_agrees(self):
        self.assertEqual(check_ordering.check(ROOT), [])

    def test_finds_operations_in_c(self):
        text = ('// dsb(sy);\n dsb(ish); isb(); __asm__("tlbi vae1is, %0" :: "r"(x));\n'
                '__asm__("dsb sy\\n\\twfi"); f("dc cvau", x);\n')
        self.assertEqual(self.operations("a.c", text),
                         {"dsb ish": 1, "isb": 1, "tlbi vae1is": 1, "dsb sy": 1, "dc cvau": 1})

    def test_finds_operations_in_assembly(self):
        text = "1: dc ivac, x0 // dsb sy\n    isb\n    dsb  nsh\n    ic iallu\n"
        self.assertEqual(self.operations("a.S", text),
                         {"dc ivac": 1, "isb": 1, "dsb nsh": 1, "ic iallu": 1})

    def test_stand_alone_fences_are_found(self):
        self.assertEqual(self.operations("a.c", "atomic_thread_fence(memory_order_seq_cst);"),
                         {"fence": 1})

    def test_drift_is_told(self):
        with tempfile.TemporaryDirectory() as root:
            for path, text in (("kernel/a.c", "void f(void) { dsb(sy); }\n"),
                               ("docs/ordering.md", "| kernel/a.c | f | isb | why |\n")):
                path = os.path.join(root, path)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as f:
                    f.write(text)
            self.assertEqual(len(check_ordering.check(root)), 1)


if __name__ == "__main__":
    unittest.main()
