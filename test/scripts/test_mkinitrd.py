# SPDX-License-Identifier: MIT
"""Archives that scripts/mkinitrd packs, and adds to."""

import importlib.machinery
import importlib.util
import os
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPT = os.path.join(ROOT, "scripts", "mkinitrd")
loader = importlib.machinery.SourceFileLoader("mkinitrd", SCRIPT)
mkinitrd = importlib.util.module_from_spec(importlib.util.spec_from_loader("mkinitrd", loader))
loader.exec_module(mkinitrd)

PLAIN, PROGRAM = 0o100644, 0o100755


class Archives(unittest.TestCase):
    FILES = {"bin/a": (PROGRAM, b"first"), "etc/x/y": (PLAIN, b""), "z": (PLAIN, b"123")}

    def run_script(self, folder, *arguments):
        return subprocess.run([SCRIPT, *arguments], cwd=folder, capture_output=True, text=True,
                              check=False)

    def test_what_is_packed_is_read(self):
        self.assertEqual(mkinitrd.read_archive(mkinitrd.pack(self.FILES)), self.FILES)

    def test_cpio_reads_it(self):
        names = subprocess.run(["cpio", "-t", "--quiet"], input=mkinitrd.pack(self.FILES),
                               capture_output=True, check=True).stdout.decode().split()
        self.assertEqual(names, ["bin", "bin/a", "etc", "etc/x", "etc/x/y", "z"])

    def test_file_and_folder_of_one_name(self):
        with self.assertRaises(ValueError):
            mkinitrd.pack({"a": (PLAIN, b""), "a/b": (PLAIN, b"")})

    def test_bad_archives_are_refused(self):
        archive = mkinitrd.pack(self.FILES)
        for bad in (b"", b"070707" + archive[6:], archive[:200], archive[:-512]):
            with self.assertRaises(ValueError):
                mkinitrd.read_archive(bad)

    def test_adding_replaces_and_adds(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "base.cpio"), "wb") as file:
                file.write(mkinitrd.pack(self.FILES))
            with open(os.path.join(folder, "new"), "wb") as file:
                file.write(b"second")
            done = self.run_script(folder, "out.cpio", "--from", "base.cpio", "bin/a=new", "b=new")
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(os.path.join(folder, "out.cpio"), "rb") as file:
                files = mkinitrd.read_archive(file.read())
            self.assertEqual(files, dict(self.FILES, **{"bin/a": (PLAIN, b"second"),
                                                        "b": (PLAIN, b"second")}))

    def test_mistakes_are_told(self):
        with tempfile.TemporaryDirectory() as folder:
            for arguments in (("o",), ("o", "--from", "none"), ("o", "a=none"), ("o", "=x"),
                              ("o", "a=x", "/a=x"), ("o", "word")):
                done = self.run_script(folder, *arguments)
                if arguments == ("o",):
                    self.assertEqual(done.returncode, 0)
                else:
                    self.assertNotEqual(done.returncode, 0, arguments)
                    self.assertNotEqual(done.stderr, "", arguments)


if __name__ == "__main__":
    unittest.main()
