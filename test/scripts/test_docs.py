# SPDX-License-Identifier: MIT
"""The documentation names what there is: files, links, headings, options of the scripts."""

import os
import re
import subprocess
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOP = ("boards", "docs", "dts", "kernel", "platform", "scripts", "syscalls", "test", "userspace")
NOT_OURS = ("build", "__pycache__")

# A path from the root, anywhere in the text: ends where no path goes on.
PATH = re.compile(r"(?<![\w/.@-])((?:%s)/[\w./+-]*[\w/])(?![\w*<{])" % "|".join(TOP))
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
# Words in capitals stand for something: FAMILY.c, bin/NAME.
PLACEHOLDER = re.compile(r"(^|[/_.-])[A-Z]{3,}([/_.-]|$)")
REAL_CAPITALS = ("LOCKING.md", "README.md", "CHANGELOG.md", "LICENSE", "CMakeLists.txt")
# Test programs, which lie in the build folder as their sources do here.
BUILT = re.compile(r"test/host/[\w/]+/test_\w+$")
# `scripts/run --option ...`, in one line.
COMMAND = re.compile(r"(?:^|[\s`|(])scripts/(run|debug|bench|test|symbolize|image|setup)\b([^`#|\n]*)", re.M)
OPTION = re.compile(r"(?<=\s)(--[a-z][a-z-]*)")


def documents():
    """(path from the root, text) of every document."""
    for place, folders, names in os.walk(ROOT):
        folders[:] = sorted(f for f in folders if f not in NOT_OURS and not f.startswith("."))
        for name in sorted(names):
            if name.endswith(".md"):
                path = os.path.join(place, name)
                with open(path, encoding="utf-8") as f:
                    yield os.path.relpath(path, ROOT), f.read()


# Programs are named by their paths in the initrd.
IN_THE_INITRD = re.compile(r"(--program|run) test/[\w-]+")


def is_placeholder(path):
    folder = path.rpartition("/")[0]
    return bool(PLACEHOLDER.search(folder)) or \
        bool(PLACEHOLDER.search(path)) and not path.endswith(REAL_CAPITALS)


def lines(text):
    return enumerate(text.splitlines(), 1)


def anchors(text):
    """The names under which the headings of a document can be linked to."""
    found = set()
    for heading in re.findall(r"^#+ +(.*?)\s*$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S),
                              re.M):
        plain = re.sub(r"[`*\[\]]|\([^)]*\)", "", heading).lower()
        found.add(re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", plain)))
    return found


class Docs(unittest.TestCase):
    def report(self, wrong):
        if wrong:
            self.fail("\n" + "\n".join(wrong))

    def test_there_are_documents(self):
        self.assertIn("README.md", [path for path, _ in documents()])

    def test_every_path_exists(self):
        self.report(["%s:%d: %s" % (document, number, path)
                     for document, text in documents() for number, line in lines(text)
                     for path in PATH.findall(IN_THE_INITRD.sub("", line))
                     if not is_placeholder(path) and not BUILT.match(path)
                     and not os.path.exists(os.path.join(ROOT, path))])

    def test_every_link_leads_somewhere(self):
        texts = dict(documents())
        wrong = []
        for document, text in texts.items():
            for number, line in lines(text):
                for link in LINK.findall(line):
                    if re.match(r"[a-z]+:", link):
                        continue
                    file, _, anchor = link.partition("#")
                    target = os.path.normpath(os.path.join(os.path.dirname(document), file)) \
                        if file else document
                    if not os.path.exists(os.path.join(ROOT, target)):
                        wrong.append("%s:%d: %s" % (document, number, link))
                    elif anchor and anchor not in anchors(texts.get(target, "")):
                        wrong.append("%s:%d: no heading for %s" % (document, number, link))
        self.report(wrong)

    def test_every_option_is_known(self):
        known = {}
        wrong = []
        for document, text in documents():
            for script, rest in COMMAND.findall(text):
                if script not in known:
                    known[script] = set(OPTION.findall(" " + subprocess.run(
                        [os.path.join(ROOT, "scripts", script), "--help"], capture_output=True,
                        text=True, check=True).stdout.replace("[", " ").replace(",", " ")))
                wrong += ["%s: scripts/%s %s" % (document, script, option)
                          for option in OPTION.findall(re.sub(r"'[^']*'", "", rest))
                          if option not in known[script]]
        self.report(wrong)

    def test_nothing_is_left_to_be_filled_in(self):
        self.report(["%s:%d" % (document, number) for document, text in documents()
                     for number, line in lines(text) if re.search(r"@[A-Z]{3,}@", line)])


if __name__ == "__main__":
    unittest.main()
