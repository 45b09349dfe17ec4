# SPDX-License-Identifier: MIT
"""Habits of the source tree that a reader relies on and no compiler checks."""

import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ("kernel", "syscalls", "platform", "boards", "dts", "userspace", "test", "scripts")
SUFFIXES = (".c", ".h", ".S", ".ld", ".cmake", ".py", ".dts", ".dtsi")
LONGEST = 120  # the aim is 100, which clang-format keeps in code; comments may hang over

# Programs that came with the specification, kept as they are.
VERBATIM = re.compile(r"test/target/probes/\w+\.[ch]$")

# Headers of kernel/ where the preprocessor chooses by compiler or by build kind, for all others.
CHOOSING = ("kernel/hal/include/hal/annotations.h",)


def sources():
    """(path, text) of every source file, paths from the root."""
    for folder in FOLDERS:
        for place, folders, names in os.walk(os.path.join(ROOT, folder)):
            folders[:] = sorted(f for f in folders if f != "__pycache__")
            for name in sorted(names):
                if name.endswith(SUFFIXES) or name == "CMakeLists.txt":
                    path = os.path.relpath(os.path.join(place, name), ROOT)
                    if VERBATIM.match(path):
                        continue
                    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
                        yield path, f.read()


class Tree(unittest.TestCase):
    def report(self, wrong):
        if wrong:
            self.fail("\n" + "\n".join(wrong))

    def test_every_source_names_its_licence(self):
        self.report([path for path, text in sources()
                     if "SPDX-License-Identifier: MIT" not in "".join(text.splitlines()[:2])])

    def test_no_line_is_too_long(self):
        self.report(["%s:%d: %d columns" % (path, number, len(line))
                     for path, text in sources() for number, line in enumerate(text.splitlines(), 1)
                     if len(line) > LONGEST and "orig.tar" not in line])

    def test_no_tabs_and_no_space_at_line_ends(self):
        self.report(["%s:%d" % (path, number) for path, text in sources()
                     if not path.endswith((".dts", ".dtsi"))
                     for number, line in enumerate(text.splitlines(), 1)
                     if "\t" in line or line != line.rstrip()])

    def test_portable_code_has_no_conditional_compilation(self):
        conditional = re.compile(r"^\s*#\s*(if|ifdef|ifndef|elif)\b")
        self.report(["%s:%d: %s" % (path, number, line) for path, text in sources()
                     if (path.startswith("kernel/") and path.endswith((".c", ".h"))
                         or re.match(r"syscalls/[^/]*\.c$", path)) and path not in CHOOSING
                     for number, line in enumerate(text.splitlines(), 1) if conditional.match(line)])

    def test_nothing_is_left_for_later(self):
        later = re.compile(r"\b(" + "TO" + "DO|FIX" + r"ME|XX" + r"X)\b")
        self.report(["%s:%d: %s" % (path, number, line.strip()) for path, text in sources()
                     for number, line in enumerate(text.splitlines(), 1) if later.search(line)])

    def test_every_c_file_opens_with_what_it_is(self):
        def opening(text):
            """The first thing behind the licence."""
            lines = [line for line in text.splitlines() if line.strip() not in ("", "//")]
            return lines[1] if len(lines) > 1 else ""
        self.report([path for path, text in sources() if path.endswith(".c")
                     and not opening(text).lstrip().startswith(("//", "/*"))])


if __name__ == "__main__":
    unittest.main()
