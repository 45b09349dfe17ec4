# SPDX-License-Identifier: MIT
"""What a kernel should read from a device tree, worked out a second time: from the specification
(Devicetree Specification 0.4, Linux's bindings for GIC, timer, PSCI), with another parser, for
corpus.py to compare. It says lines in the manner of `test_fdt_facts say`.
"""

import struct

import devicetree

UARTS = ("arm,pl011", "brcm,bcm2835-aux-uart", "ns16550a", "snps,dw-apb-uart")
GICS_V2 = ("arm,gic-400", "arm,cortex-a15-gic")
# Whose interrupts are written like a GIC's.
GIC_FAMILY = GICS_V2 + ("arm,gic-v3", "arm,cortex-a9-gic", "arm,cortex-a7-gic", "arm,eb11mp-gic",
                        "arm,arm1176jzf-gic", "arm,pl390")
AFFINITY = 0xff00ffffff
# First line and count of each kind: SPI, PPI, extended SPI, extended PPI.
GIC_LINES = ((32, 988), (16, 16), (4096, 1024), (1056, 64))
TIMER_NAMES = ("sec-phys", "phys", "virt", "hyp-phys")


class Unreadable(Exception):
    """No answer, where the reader should have none either."""


def numbers(data):
    if len(data) % 4:
        raise Unreadable
    return struct.unpack(">%dI" % (len(data) // 4), data)


def joined(cells):
    value = 0
    for cell in cells:
        value = value << 32 | cell
    return value


class Oracle:
    """One tree."""

    def __init__(self, blob):
        tree = devicetree.read(blob)
        self.root, self.reservations = tree.root, tree.reservations
        self.parents, self.paths, self.phandles = {}, {id(self.root): "/"}, {}
        for node in self.root.walk():
            for child in node.children:
                self.parents[id(child)] = node
                self.paths[id(child)] = "%s/%s" % (self.path(node).rstrip("/"), child.name)
            if "phandle" in node.props:
                self.phandles.setdefault(numbers(node.props["phandle"])[0], node)

    # ---- nodes

    def path(self, node):
        return self.paths[id(node)]

    def parent(self, node):
        return self.parents.get(id(node))

    def by_path(self, path):
        node = self.root
        for name in path.strip("/").split("/"):
            if name:
                node = next((child for child in node.children if child.name == name), None) or \
                    next((child for child in node.children
                          if child.name.split("@")[0] == name), None)
                if node is None:
                    return None
        return node

    @staticmethod
    def strings(node, name):
        data = node.props.get(name, b"")
        return data[:-1].decode("latin-1").split("\0") if data.endswith(b"\0") else []

    def status_ok(self, node):
        return "status" not in node.props or self.strings(node, "status")[:1] in (["okay"], ["ok"])

    def enabled(self):
        """All nodes that are enabled, with all above them."""
        def walk(node):
            if self.status_ok(node):
                yield node
                for child in node.children:
                    yield from walk(child)
        return walk(self.root)

    def is_enabled(self, node):
        while node is not None and self.status_ok(node):
            node = self.parent(node)
        return node is None

    def compatible(self, node, *names):
        return any(name in self.strings(node, "compatible") for name in names)

    # ---- addresses

    def cells(self, bus):
        def read(name, default):
            value = numbers(bus.props.get(name, struct.pack(">I", default)))
            if len(value) != 1 or value[0] > 2:
                raise Unreadable
            return value[0]
        address, size = read("#address-cells", 2), read("#size-cells", 1)
        if address == 0:
            raise Unreadable
        return address, size

    def regs(self, node):
        """(bus address, size) of each entry; Unreadable if there are none to read."""
        if "reg" not in node.props or self.parent(node) is None:
            raise Unreadable
        address, size = self.cells(self.parent(node))
        cells = numbers(node.props["reg"])
        if len(cells) % (address + size):
            raise Unreadable
        return [(joined(cells[at:at + address]), joined(cells[at + address:at + address + size]))
                for at in range(0, len(cells), address + size)]

    def translated(self, node, base, size):
        """The address as the CPU sees it."""
        bus = self.parent(node)
        if base + max(size, 1) > 1 << 64:
            raise Unreadable
        while bus is not self.root:
            above = self.parent(bus)
            if "ranges" not in bus.props:
                raise Unreadable
            cells = numbers(bus.props["ranges"])
            if cells:
                (child, length), (up, _) = self.cells(bus), self.cells(above)
                if length == 0 or len(cells) % (child + up + length):
                    raise Unreadable
                for at in range(0, len(cells), child + up + length):
                    start = joined(cells[at:at + child])
                    target = joined(cells[at + child:at + child + up])
                    window = joined(cells[at + child + up:at + child + up + length])
                    if start <= base < start + window and base + size <= start + window:
                        base = base - start + target
                        break
                else:
                    raise Unreadable
            bus = above
        return base

    def reg(self, node, index):
        """(address, size) of an entry, as the CPU sees it."""
        regs = self.regs(node)
        if index >= len(regs):
            raise Unreadable
        return self.translated(node, *regs[index]), regs[index][1]

    # ---- interrupts

    def controller_cells(self, controller):
        cells = numbers(controller.props.get("#interrupt-cells", b""))
        if len(cells) != 1 or not 1 <= cells[0] <= 4 or \
                "interrupt-controller" not in controller.props or not self.is_enabled(controller):
            raise Unreadable
        return cells[0]

    def lines(self, node):
        """(controller, cells) of each interrupt; None for a hole."""
        result = []
        if "interrupts-extended" in node.props:
            cells, at = numbers(node.props["interrupts-extended"]), 0
            while at < len(cells):
                if cells[at] == 0:
                    result.append(None)
                    at += 1
                    continue
                controller = self.phandles.get(cells[at])
                if controller is None:
                    raise Unreadable
                count = self.controller_cells(controller)
                if at + 1 + count > len(cells):
                    raise Unreadable
                result.append((controller, cells[at + 1:at + 1 + count]))
                at += 1 + count
            return result
        if "interrupts" not in node.props:
            raise Unreadable
        cells, at = numbers(node.props["interrupts"]), node
        for _ in range(30):
            if "interrupt-parent" in at.props:
                at = self.phandles.get(numbers(at.props["interrupt-parent"])[0])
            else:
                at = self.parent(at)
            if at is None:
                raise Unreadable
            if "#interrupt-cells" in at.props:
                break
        count = self.controller_cells(at)
        if len(cells) % count:
            raise Unreadable
        return [(at, cells[i:i + count]) for i in range(0, len(cells), count)]

    def irq(self, line):
        """The number of a line at the GIC."""
        if line is None or not self.compatible(line[0], *GIC_FAMILY) or len(line[1]) < 3:
            raise Unreadable
        kind, number = line[1][:2]
        if kind >= len(GIC_LINES) or number >= GIC_LINES[kind][1]:
            raise Unreadable
        return GIC_LINES[kind][0] + number

    # ---- what is said

    def memory(self):
        banks = []
        for node in self.root.children:
            if self.status_ok(node) and self.strings(node, "device_type")[:1] == ["memory"]:
                banks += [[base, base + size] for base, size in self.regs_or_none(node) if size]
        merged = []
        for start, end in sorted(banks):
            if merged and start <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], end)
            else:
                merged.append([start, end])
        for start, end in merged:
            yield "memory %s %s" % (number(start), number(end - start))

    def regs_or_none(self, node):
        try:
            return self.regs(node)
        except Unreadable:
            return []

    def reserved(self):
        for base, size in self.reservations:
            if size:
                yield "reserved %s %s" % (number(base), number(size))
        parent = self.by_path("/reserved-memory")
        for node in parent.children if parent else ():
            if self.status_ok(node):
                for base, size in self.regs_or_none(node):
                    if size:
                        yield "reserved %s %s%s" % (number(base), number(size), " no-map"
                                                    if "no-map" in node.props else "")

    def cpus(self):
        parent, seen = self.by_path("/cpus"), set()
        for node in parent.children if parent else ():
            kind = self.strings(node, "device_type")[:1] or [node.name.split("@")[0]]
            if kind != ["cpu"] or not self.status_ok(node):
                continue
            mpidr = self.regs_or_none(node)[0][0]
            if mpidr & ~AFFINITY or mpidr in seen:
                continue
            seen.add(mpidr)
            method = (self.strings(node, "enable-method") or ["-"])[0]
            release = joined(numbers(node.props.get("cpu-release-addr", b""))) \
                if method == "spin-table" else 0
            yield "cpu %s %s %s" % (number(mpidr), method, number(release))

    def psci(self):
        for node in self.enabled():
            for name, version in (("arm,psci-1.0", "1.0"), ("arm,psci-0.2", "0.2"),
                                  ("arm,psci", "0.1")):
                if self.compatible(node, name):
                    method = self.strings(node, "method")[:1]
                    if method in (["hvc"], ["smc"]):
                        # The reader has versions as PSCI_VERSION would say them.
                        yield "psci %s %s" % (method[0], version)
                    return

    def console(self):
        chosen = self.by_path("/chosen")
        text = chosen and (self.strings(chosen, "stdout-path") or
                           self.strings(chosen, "linux,stdout-path"))
        if not text:
            return
        place, _, options = text[0].partition(":")
        if not place.startswith("/"):
            aliases = self.by_path("/aliases")
            place = (self.strings(aliases, place) or [""])[0] if aliases else ""
        node = self.by_path(place) if place.startswith("/") else None
        if node is not None and self.is_enabled(node):
            yield "console %s %s" % (self.path(node), options)

    def initrd(self):
        chosen = self.by_path("/chosen")
        if chosen and "linux,initrd-start" in chosen.props and "linux,initrd-end" in chosen.props:
            start, end = (joined(numbers(chosen.props["linux,initrd-" + name]))
                          for name in ("start", "end"))
            if end > start:
                yield "initrd %s %s" % (number(start), number(end - start))

    def timer(self, node):
        lines, names, found = self.lines(node), self.strings(node, "interrupt-names"), {}
        for place, name in enumerate(TIMER_NAMES):
            index = place
            if "interrupt-names" in node.props:
                if name not in names:
                    continue
                index = names.index(name)
            if index < len(lines):
                found[name] = self.irq(lines[index])
        if "virt" in found:
            flags = (" unstable" if "allwinner,erratum-unknown1" in node.props else "") + \
                (" stops-in-suspend" if "arm,no-tick-in-suspend" in node.props else "")
            yield "timer %s%s %s" % (self.path(node), flags, " ".join(map(str, found.values())))

    def gic(self, node):
        if self.compatible(node, "arm,gic-v3"):
            regions = joined(numbers(node.props.get("#redistributor-regions", b"\0\0\0\1")))
            word, count = "gicv3", 1 + regions
        else:
            word, count = "gicv2", 2
        yield "%s %s %s" % (word, self.path(node), " ".join(
            "%s %s" % tuple(map(number, self.reg(node, index))) for index in range(count)))

    def uart(self, node):
        base, size = self.reg(node, 0)
        offset = joined(numbers(node.props.get("reg-offset", b"")))
        try:
            irq = self.irq(self.lines(node)[0])
        except (Unreadable, IndexError):
            irq = 0
        if size:
            yield "uart %s %s %s %d %d %d" % (
                self.path(node), number(base + offset), number(size - offset),
                joined(numbers(node.props.get("reg-shift", b""))),
                joined(numbers(node.props.get("reg-io-width", b""))), irq)

    def resources(self, node):
        try:
            regs = self.regs(node)
        except Unreadable:
            regs = None
        if regs is not None:
            yield " ".join(["reg", self.path(node)] + [
                attempt(lambda i=i: "%s %s" % tuple(map(number, self.reg(node, i))))
                for i in range(len(regs))])
        try:
            lines = self.lines(node)
        except Unreadable:
            return
        yield " ".join(["irq", self.path(node)] + [
            attempt(lambda line=line: "%d" % self.irq(line)) for line in lines])

    def say(self):
        """All lines."""
        for part in (self.memory, self.reserved, self.cpus, self.psci, self.console, self.initrd):
            yield from part()
        for node in self.enabled():
            for wanted, part in ((("arm,armv8-timer",), self.timer),
                                 (GICS_V2 + ("arm,gic-v3",), self.gic), (UARTS, self.uart)):
                if self.compatible(node, *wanted):
                    try:
                        yield from part(node)
                    except Unreadable:
                        pass
            yield from self.resources(node)


def number(value):
    """As C's %#x writes it."""
    return "%#x" % value if value else "0"


def attempt(body):
    try:
        return body()
    except Unreadable:
        return "-"


def say(blob):
    """The lines for a blob."""
    return list(Oracle(blob).say())
