# SPDX-License-Identifier: MIT
"""scripts/setup: how it reads apt's sources, and that it notices which sources its cache lacks."""

import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(ROOT, "scripts", "lib", "aptsources.py")

ONE_LINE = """\
# comment
deb [arch=amd64,arm64 signed-by=/k.gpg] http://one.example/debian bookworm main contrib # tail
deb-src http://one.example/debian bookworm main
deb http://security.example/ bookworm-security main
deb cdrom:[Disc] bookworm main
"""

DEB822 = """\
# comment
Types: deb deb-src
URIs: http://two.example/debian/ http://three.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By:
 -----BEGIN
 .
 -----END

Enabled: no
Types: deb
URIs: http://off.example/
Suites: bookworm
Components: main
"""


class AptSources(unittest.TestCase):
    def ask(self, *arguments, codename="bookworm"):
        with tempfile.TemporaryDirectory() as etc:
            os.mkdir(os.path.join(etc, "sources.list.d"))
            for name, text in (("sources.list", ONE_LINE), ("sources.list.d/a.sources", DEB822),
                               ("sources.list.d/b.list.disabled",
                                "deb http://no.example x main\n")):
                with open(os.path.join(etc, name), "w", encoding="ascii") as f:
                    f.write(text)
            return subprocess.run(
                [sys.executable, "-B", TOOL, arguments[0], codename, *arguments[1:]], check=True,
                capture_output=True, text=True, env=dict(os.environ, JACINTH_APT_ETC=etc)).stdout

    def test_bases_come_from_both_formats(self):
        self.assertEqual(self.ask("bases").split(), [
            "http://one.example/debian", "http://two.example/debian", "http://three.example/debian"])

    def test_extra_suite_keeps_keys_and_options(self):
        text = self.ask("suite", "bookworm-backports")
        one, two = text.strip().split("\n\n")[:2]
        self.assertIn("Suites: bookworm-backports", one)
        self.assertIn("Architectures: amd64 arm64", one)
        self.assertIn("Signed-By: /k.gpg", one)
        self.assertIn("Components: main contrib", one)
        self.assertIn("Types: deb\n", two)
        self.assertIn("\n -----BEGIN\n .\n -----END", two)
        self.assertNotIn("off.example", text)
        self.assertNotIn("security.example", text)

    def test_other_distribution_has_none(self):
        self.assertEqual(self.ask("suite", "x-backports", codename="x"), "")

    def test_components_can_be_named(self):
        text = self.ask("suite", "bookworm", "main", "non-free-firmware")
        self.assertEqual(set(re.findall("Components: (.*)", text)), {"main non-free-firmware"})


class Sources(unittest.TestCase):
    """What a dry run would fetch, for caches in several states."""

    MARKS = {"libfdt": ("fdt_ro.c", "libfdt.h"), "musl": ("VERSION", "src/internal/libc.h")}

    def missing(self, *present, but=()):
        with tempfile.TemporaryDirectory() as cache:
            for name in present:
                for mark in self.MARKS[name]:
                    path = os.path.join(cache, "jacinth", name, mark)
                    if mark not in but:
                        os.makedirs(os.path.dirname(path), exist_ok=True)
                        with open(path, "w", encoding="ascii"):
                            pass
            text = subprocess.run(
                [os.path.join(ROOT, "scripts", "setup"), "--dry-run"], check=True,
                capture_output=True, text=True, env=dict(os.environ, XDG_CACHE_HOME=cache)).stdout
            return [name for name in self.MARKS if f"fetching {name}'s source" in text]

    def test_empty_cache_lacks_all(self):
        self.assertEqual(self.missing(), ["libfdt", "musl"])

    def test_what_is_there_stays(self):
        self.assertEqual(self.missing("libfdt"), ["musl"])
        self.assertEqual(self.missing("libfdt", "musl"), [])

    def test_half_a_source_is_none(self):
        self.assertEqual(self.missing("libfdt", "musl", but=("src/internal/libc.h",)), ["musl"])


class Firmware(unittest.TestCase):
    """What a dry run would fetch for images, and the list of what is pinned."""

    def lock(self):
        with open(os.path.join(ROOT, "scripts", "lib", "firmware.lock"), encoding="ascii") as f:
            return [line.split() for line in f if not line.startswith("#")]

    def missing(self, marks, **environment):
        """Names that a dry run would fetch, where these names have these marks."""
        with tempfile.TemporaryDirectory() as cache:
            folder = os.path.join(cache, "jacinth", "firmware")
            os.makedirs(folder)
            for name, sha256 in marks.items():
                with open(os.path.join(folder, "." + name), "w", encoding="ascii") as f:
                    f.write(sha256 + "\n")
            text = subprocess.run(
                [os.path.join(ROOT, "scripts", "setup"), "images", "--dry-run"], check=True,
                capture_output=True, text=True,
                env=dict(os.environ, XDG_CACHE_HOME=cache, **environment)).stdout
            return re.findall(r"fetching (\S+)'s firmware", text)

    def test_lines_of_the_lock(self):
        for name, path, sha256 in self.lock():
            self.assertRegex(name, r"^[a-z0-9-]+$")
            self.assertRegex(path, r"^pool/.*\.deb$")
            self.assertRegex(sha256, r"^[0-9a-f]{64}$")

    def test_only_what_is_not_there_is_fetched(self):
        pinned = {name: sha256 for name, _, sha256 in self.lock()}
        self.assertEqual(self.missing({}), sorted(pinned))
        self.assertEqual(self.missing(pinned), [])
        # Another version than the pinned one does not do.
        self.assertEqual(self.missing(dict(pinned, musl="0" * 64)), ["musl"])

    def test_firmware_brought_along_is_enough(self):
        self.assertEqual(self.missing({}, JACINTH_FIRMWARE="/x"), [])

    def test_pin_alone_is_refused(self):
        done = subprocess.run([os.path.join(ROOT, "scripts", "setup"), "--pin"],
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main()
