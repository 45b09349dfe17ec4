# SPDX-License-Identifier: MIT
"""What the scripts share: where the tree is, and what they say instead of a traceback."""

import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Problem(Exception):
    """Something the user can put right; its text says how."""


class Absent(Problem):
    """This computer lacks a tool, a machine or firmware: a test that meets this is skipped."""
