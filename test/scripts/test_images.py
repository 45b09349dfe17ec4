# SPDX-License-Identifier: MIT
"""mkinitrd and symtab: the formats they write."""

import importlib.machinery
import importlib.util
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPTS = os.path.join(ROOT, "scripts")


def load(name):
    """A script without a suffix, as a module."""
    loader = importlib.machinery.SourceFileLoader(name, os.path.join(SCRIPTS, name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


class Initrd(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data, mode=0o644):
        with open(self.path(name), "wb") as f:
            f.write(data)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def pack(self, *entries, expect=0):
        done = subprocess.run([os.path.join(SCRIPTS, "mkinitrd"), self.path("out"), *entries],
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, expect, done.stderr)
        if expect:
            return None
        with open(self.path("out"), "rb") as f:
            return f.read()

    def test_cpio_reads_back_names_modes_and_contents(self):
        program = self.write("p", b"program", 0o755)
        note = self.write("n", b"12345")
        empty = self.write("e", b"")
        archive = self.pack("bin/p=" + program, "etc/deep/n=" + note, "e=" + empty)
        listing = subprocess.run(["cpio", "-itv", "--quiet"], input=archive, capture_output=True,
                                 check=True).stdout.decode()
        rows = {row.split()[-1]: row.split()[0] for row in listing.splitlines()}
        self.assertEqual(rows, {"bin": "drwxr-xr-x", "bin/p": "-rwxr-xr-x", "e": "-rw-r--r--",
                                "etc": "drwxr-xr-x", "etc/deep": "drwxr-xr-x",
                                "etc/deep/n": "-rw-r--r--"})
        text = subprocess.run(["cpio", "-i", "--quiet", "--to-stdout", "etc/deep/n"], input=archive,
                              capture_output=True, check=True).stdout
        self.assertEqual(text, b"12345")

    def test_archive_depends_on_contents_only(self):
        a, b = self.write("a", b"1"), self.write("b", b"2")
        first = self.pack("x=" + a, "y=" + b)
        os.utime(a, (1, 1))
        self.assertEqual(self.pack("y=" + b, "x=" + a), first)

    def test_bad_arguments_are_refused(self):
        a = self.write("a", b"1")
        self.pack("x=" + a, "x=" + a, expect=1)
        self.pack("x=" + a, "x/y=" + a, expect=1)
        self.pack("x=" + self.path("missing"), expect=1)
        self.pack("x", expect=2)


class Symtab(unittest.TestCase):
    def setUp(self):
        self.symtab = load("symtab")

    def test_table_lists_each_function_once_in_order(self):
        class Fake:
            """What symtab asks of an ELF file."""

            def image_base(self):
                return 0x1000

            def functions(self):
                return [(0x1000, "start"), (0x1010, "f"), (0x1020, "f"), (0x1040, "long_name")]

            def text_end(self):
                return 0x1100

        table = self.symtab.table_of(Fake())
        magic, count, name_bytes, _ = struct.unpack_from("<4I", table)
        self.assertEqual((magic, count), (0x314D5953, 4))
        addresses = struct.unpack_from("<5I", table, 16)
        names = struct.unpack_from("<4I", table, 36)
        text = table[52:]
        self.assertEqual(addresses, (0, 0x10, 0x20, 0x40, 0x100))
        self.assertEqual(len(text), name_bytes)
        self.assertEqual([text[at:text.index(b"\0", at)] for at in names],
                         [b"start", b"f", b"f", b"long_name"])
        self.assertEqual(len(table) % 4, 0)

    def test_file_that_is_no_elf_is_refused(self):
        done = subprocess.run([os.path.join(SCRIPTS, "symtab"), "--elf", __file__, "/dev/null"],
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"not a 64-bit", done.stderr)

    def test_functions_of_a_real_elf(self):
        if not shutil.which("clang"):
            self.skipTest("no clang")
        with tempfile.TemporaryDirectory() as folder:
            source, output = os.path.join(folder, "a.c"), os.path.join(folder, "a")
            with open(source, "w", encoding="ascii") as f:
                f.write("int data; int one(void) { return 1; } int main(void) { return one(); }\n")
            subprocess.run(["clang", "-O0", source, "-o", output], check=True)
            elf = self.symtab.Elf.read(output)
            functions = elf.functions()
        names = [name for _, name in functions]
        self.assertIn("one", names)
        self.assertIn("main", names)
        self.assertNotIn("data", names)
        self.assertEqual(functions, sorted(functions))
        self.assertLess(functions[-1][0], elf.text_end())


if __name__ == "__main__":
    sys.exit(unittest.main())
