#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the header that gives libc's copies of the protocols' functions reserved names:
make_names.py OUTPUT HEADER... Each function that a header declares gets a macro; those that it
defines (static inline) do not."""

import re
import sys
from pathlib import Path

FUNCTION = re.compile(r"^(?!static|typedef|return|#|\s)[A-Za-z_][\w \*]*?\**\b([a-z]\w*)\(", re.M)


def main(output, *headers):
    names = set()
    for header in headers:
        names.update(FUNCTION.findall(Path(header).read_text()))
    if not names:
        sys.exit("make_names.py: no function in " + " ".join(headers))
    width = max(map(len, names))
    lines = ["// SPDX-License-Identifier: MIT",
             "// Made by userspace/libc/src/fd/make_names.py. Do not edit.", "#pragma once", ""]
    lines += [f"#define {name:{width}} __fd_{name}" for name in sorted(names)]
    text = "\n".join(lines) + "\n"
    path = Path(output)
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    else:
        path.touch()


if __name__ == "__main__":
    main(*sys.argv[1:])
