# SPDX-License-Identifier: MIT
"""Files that scripts/mkpages packs."""

import importlib.machinery
import importlib.util
import os
import random
import struct
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
loader = importlib.machinery.SourceFileLoader("mkpages", os.path.join(ROOT, "scripts", "mkpages"))
mkpages = importlib.util.module_from_spec(importlib.util.spec_from_loader("mkpages", loader))
loader.exec_module(mkpages)


def unpack(packed):
    """What a file was before it was packed."""
    size, = struct.unpack_from("<Q", packed, 8)
    count = -(-size // mkpages.PAGE)
    at = struct.unpack_from(f"<{count + 1}I", packed, 16)
    return b"".join(mkpages.expand(packed[at[i]:at[i + 1]]) for i in range(count))[:size]


class Pages(unittest.TestCase):
    def test_what_is_packed_is_unpacked(self):
        chance = random.Random(1)
        for size in (1, 4095, 4096, 4097, 20000):
            for letters in (1, 2, 256):
                data = bytes(chance.randrange(letters) for _ in range(size))
                packed = mkpages.pack(data)
                self.assertEqual(packed[:8], b"JPAGES1\n")
                self.assertEqual(unpack(packed), data)

    def test_repetition_gets_short(self):
        self.assertLess(len(mkpages.pack(b"abcdefgh" * 4096)), 8 * 200)


if __name__ == "__main__":
    unittest.main()
