# SPDX-License-Identifier: MIT
"""Files of the distribution's packages, as scripts/setup images caches them."""

import os


class Missing(Exception):
    """A file that is not in the cache."""


def find(name):
    """Path of a cached file."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = os.path.join(os.environ.get("JACINTH_FIRMWARE") or
                        os.path.join(cache, "jacinth", "firmware"), name)
    if not os.path.isfile(path):
        raise Missing("no %s: scripts/setup images fetches it" % path)
    return path
