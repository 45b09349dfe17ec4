# SPDX-License-Identifier: MIT
"""docs/libc.md lists the functions that the C library does not have."""

import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
import check_libc  # noqa: E402


class Functions(unittest.TestCase):
    def test_definitions_are_found(self):
        text = ("static int helper(int a)\n{\n}\n\nint shown(int a,\n          int b)\n{\n\treturn 0;\n}\n"
                "int declared(int);\nint __hidden(void)\n{\n}\nweak_alias(__hidden, other);\n")
        self.assertEqual(check_libc.functions(text), {"shown", "other"})


class Page(unittest.TestCase):
    def test_sources_are_read(self):
        answered, replaced = check_libc.described()
        self.assertIn("mmap", answered)
        self.assertIn("openat", answered)
        self.assertNotIn("setsid", answered)
        self.assertIn("src/process/fork.c", replaced)

    def test_what_is_missing_is_known(self):
        section = check_libc.section()
        for name in ("fork", "execve", "setsid", "socket", "pthread_cancel"):
            self.assertIn("`%s`" % name, section)
        for name in ("mmap", "open", "read", "nanosleep", "posix_spawn", "pthread_create"):
            self.assertNotIn("`%s`" % name, section)

    def test_page_is_what_the_sources_say(self):
        page = check_libc.read(check_libc.PAGE)
        self.assertIn(check_libc.section(), page, "run scripts/check_libc.py --write")


if __name__ == "__main__":
    unittest.main()
