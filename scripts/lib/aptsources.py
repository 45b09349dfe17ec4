# SPDX-License-Identifier: MIT
"""Reads the machine's own apt sources, so that scripts/setup need not name any mirror.

    aptsources.py suite CODENAME SUITE [COMPONENT ...]
        deb822 stanzas for SUITE (such as bookworm-backports), made from those that serve the
        distribution CODENAME; with these components, if any are named
    aptsources.py bases CODENAME
        the archives' base addresses, one a line

Both formats are understood: deb822 (*.sources) and one line an entry (*.list). With
JACINTH_APT_ETC=FOLDER, that folder is read instead of /etc/apt (for tests).
"""

import os
import re
import shlex
import sys

GENERIC = ("stable", "oldstable", "testing")


def read_deb822(text):
    """Stanzas of a .sources file as dicts; continuation lines keep their newlines."""
    for block in re.split(r"\n\s*\n", text):
        stanza, key = {}, None
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if line[:1] in " \t" and key:
                stanza[key] += "\n" + line
            elif ":" in line:
                key, value = line.split(":", 1)
                key = key.strip().lower()
                stanza[key] = value.strip()
        if stanza:
            yield stanza


def read_list(text):
    """Lines of a .list file in the same shape."""
    names = {"arch": "architectures", "lang": "languages"}
    for line in text.splitlines():
        match = re.match(r"\s*(deb|deb-src)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)", line)
        if not match:
            continue
        kind, options, uri, suite, components = match.groups()
        stanza = {"types": kind, "uris": uri, "suites": suite, "components": components.strip()}
        for option in shlex.split(options or ""):
            name, _, value = option.partition("=")
            stanza[names.get(name, name).rstrip("+-")] = value.replace(",", " ")
        yield stanza


def stanzas():
    etc = os.environ.get("JACINTH_APT_ETC", "/etc/apt")
    files = [os.path.join(etc, "sources.list")]
    parts = os.path.join(etc, "sources.list.d")
    if os.path.isdir(parts):
        files += [os.path.join(parts, name) for name in sorted(os.listdir(parts))]
    for file in files:
        if not os.path.isfile(file):
            continue
        with open(file, encoding="utf-8", errors="replace") as f:
            text = f.read()
        if file.endswith(".sources"):
            yield from read_deb822(text)
        elif file.endswith(".list"):
            yield from read_list(text)


def serving(codename):
    """Stanzas with binary packages of the distribution itself, not of its updates."""
    for stanza in stanzas():
        if stanza.get("enabled", "yes").lower() in ("no", "false", "0"):
            continue
        suites = stanza.get("suites", "").split()
        if "deb" not in stanza.get("types", "").split() or not stanza.get("uris"):
            continue
        if "main" not in stanza.get("components", "").split():
            continue
        if stanza["uris"].startswith("cdrom:"):
            continue
        if codename in suites or any(name in suites for name in GENERIC):
            yield stanza


def main():
    if len(sys.argv) >= 4 and sys.argv[1] == "suite":
        for stanza in serving(sys.argv[2]):
            stanza = dict(stanza, types="deb", suites=sys.argv[3])
            if sys.argv[4:]:
                stanza["components"] = " ".join(sys.argv[4:])
            print("".join("%s: %s\n" % (key.title(), value) for key, value in stanza.items()))
        return 0
    if len(sys.argv) == 3 and sys.argv[1] == "bases":
        seen = []
        for stanza in serving(sys.argv[2]):
            for uri in stanza["uris"].split():
                if uri.rstrip("/") not in seen:
                    seen.append(uri.rstrip("/"))
        print("\n".join(seen))
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
