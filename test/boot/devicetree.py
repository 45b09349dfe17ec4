# SPDX-License-Identifier: MIT
"""Reads, changes and writes flattened device trees (Devicetree Specification 0.4, chapter 5).

A tree is a Tree of Nodes that tests edit as they like, into what no compiler would write too; what
is written is whole unless the test damages the bytes afterwards.
"""

import struct

MAGIC = 0xd00dfeed
HEADER = ">10I"
HEADER_FIELDS = ("magic", "totalsize", "off_dt_struct", "off_dt_strings", "off_mem_rsvmap",
                 "version", "last_comp_version", "boot_cpuid_phys", "size_dt_strings",
                 "size_dt_struct")
BEGIN_NODE, END_NODE, PROP, NOP, END = 1, 2, 3, 4, 9


def cells(*values):
    """Numbers as 4-byte cells."""
    return struct.pack(">%dI" % len(values), *values)


def longs(*values):
    """Numbers as pairs of cells."""
    return struct.pack(">%dQ" % len(values), *values)


def strings(*values):
    return b"".join(value.encode() + b"\0" for value in values)


class Node:
    def __init__(self, name, props=None, children=None):
        self.name = name
        self.props = dict(props or {})
        self.children = list(children or [])

    def child(self, name):
        """The child of that name, with or without its unit address."""
        for node in self.children:
            if name in (node.name, node.name.split("@")[0]):
                return node
        raise KeyError("no node %s in %s" % (name, self.name or "/"))

    def add(self, name, props=None):
        """A new child."""
        node = Node(name, props)
        self.children.append(node)
        return node

    def remove(self, name):
        self.children.remove(self.child(name))

    def walk(self):
        yield self
        for node in self.children:
            yield from node.walk()


class Tree:
    def __init__(self, root, reservations=()):
        self.root = root
        self.reservations = list(reservations)  # (address, bytes)

    def node(self, path):
        node = self.root
        for name in path.strip("/").split("/"):
            node = node.child(name) if name else node
        return node

    def compatible(self, text):
        """The first node whose compatible begins with a text."""
        for node in self.root.walk():
            if node.props.get("compatible", b"").startswith(text.encode()):
                return node
        raise KeyError("nothing is compatible with " + text)

    def blob(self, totalsize=None):
        """The tree as bytes, version 17."""
        names = {}
        strings_block = bytearray()
        out = bytearray()

        def string_offset(name):
            if name not in names:
                names[name] = len(strings_block)
                strings_block.extend(name.encode() + b"\0")
            return names[name]

        def pad():
            out.extend(bytes(-len(out) % 4))

        def put(node):
            out.extend(cells(BEGIN_NODE) + node.name.encode() + b"\0")
            pad()
            for name, value in node.props.items():
                out.extend(cells(PROP, len(value), string_offset(name)) + value)
                pad()
            for child in node.children:
                put(child)
            out.extend(cells(END_NODE))

        put(self.root)
        out.extend(cells(END))
        reserved = b"".join(longs(*entry) for entry in self.reservations) + longs(0, 0)
        struct_at = 40 + len(reserved)
        strings_at = struct_at + len(out)
        total = strings_at + len(strings_block)
        header = struct.pack(HEADER, MAGIC, totalsize or total, struct_at, strings_at, 40, 17, 16,
                             0, len(strings_block), len(out))
        return header + reserved + bytes(out) + bytes(strings_block)


def read(blob):
    """The Tree in a blob that is as it should be."""
    header = dict(zip(HEADER_FIELDS, struct.unpack_from(HEADER, blob)))
    if header["magic"] != MAGIC:
        raise ValueError("no device tree")
    at = header["off_mem_rsvmap"]
    reservations = []
    while True:
        entry = struct.unpack_from(">2Q", blob, at)
        at += 16
        if entry == (0, 0):
            break
        reservations.append(entry)

    at = header["off_dt_struct"]
    root, path = None, []
    while True:
        token, = struct.unpack_from(">I", blob, at)
        at += 4
        if token == BEGIN_NODE:
            end = blob.index(b"\0", at)
            node = Node(blob[at:end].decode())
            at = (end + 4) & ~3
            if path:
                path[-1].children.append(node)
            else:
                root = node
            path.append(node)
        elif token == END_NODE:
            path.pop()
        elif token == PROP:
            size, name_at = struct.unpack_from(">2I", blob, at)
            at += 8
            name_at += header["off_dt_strings"]
            name = blob[name_at:blob.index(b"\0", name_at)].decode()
            path[-1].props[name] = bytes(blob[at:at + size])
            at = (at + size + 3) & ~3
        elif token == END:
            return Tree(root, reservations)


def set_header(blob, field, value):
    """The blob with one number of its header changed."""
    changed = bytearray(blob)
    struct.pack_into(">I", changed, 4 * HEADER_FIELDS.index(field), value)
    return bytes(changed)
