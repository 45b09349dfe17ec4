# SPDX-License-Identifier: MIT
"""The terminal of the tests that type: what comes in pieces reads as if it came whole."""

import os
import sys
import unittest
from unittest import mock

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "test", "target"))
import terminal  # noqa: E402


class Terminal(unittest.TestCase):
    def setUp(self):
        def machine(_command, stdout, **_rest):
            self.machine = os.dup(stdout)
            return mock.Mock()
        with mock.patch("terminal.subprocess.Popen", machine):
            self.person = terminal.Person([])

    def tearDown(self):
        os.close(self.machine)
        os.close(self.person.terminal)

    def print_bytewise(self, text):
        for byte in text.encode("utf-8"):
            os.write(self.machine, bytes([byte]))
            self.assertTrue(self.person.read(60))

    def test_characters_of_several_bytes(self):
        self.print_bytewise("é ü € 😀.")
        self.assertEqual(self.person.wait_for("."), "é ü € 😀.")

    def test_sequences_that_move_the_cursor_are_left_out(self):
        self.print_bytewise("\x1b[Kab\x1b[12;4Hc\x1b[0m.")
        self.assertEqual(self.person.wait_for("."), "abc.")


if __name__ == "__main__":
    unittest.main()
