#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Give a QEMU "virt" device tree several PMUs, as an arm64 machine with big and little cores has.

Replaces the one pmu node by one for each set of CPUs and ties each to its CPUs with ppi-partitions of
the GICv3 (Documentation/devicetree/bindings/interrupt-controller/arm,gic-v3.yaml), for which every
interrupt of the GIC needs a fourth cell. Reads one flattened device tree, writes another.

usage: hybrid_dtb.py IN.dtb OUT.dtb COMPATIBLE:CPU,CPU... COMPATIBLE:CPU,CPU...
"""

import struct
import sys

BEGIN_NODE, END_NODE, PROP, NOP, END = 1, 2, 3, 4, 9
MAGIC = 0xD00DFEED
FIRST_PHANDLE = 0x9000  # far above those that QEMU counts up from 0x8000


class Node:
    def __init__(self, name):
        self.name = name
        self.props = {}
        self.children = []

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()

    def cells(self, prop):
        value = self.props[prop]
        return list(struct.unpack(f">{len(value) // 4}I", value))

    def set_cells(self, prop, cells):
        self.props[prop] = struct.pack(f">{len(cells)}I", *cells)

    def is_compatible(self, what):
        return what.encode() in self.props.get("compatible", b"").split(b"\0")


def fdt_parse(blob):
    head = struct.unpack_from(">10I", blob)
    if head[0] != MAGIC or head[1] > len(blob):
        raise ValueError("not a flattened device tree")
    pos, strings = head[2], head[3]
    root = Node("")
    stack = [root]

    def text(at):
        return blob[at : blob.index(b"\0", at)].decode()

    while True:
        (token,) = struct.unpack_from(">I", blob, pos)
        pos += 4
        if token == BEGIN_NODE:
            name = text(pos)
            pos += (len(name) + 4) & ~3
            node = Node(name)
            stack[-1].children.append(node)
            stack.append(node)
        elif token == END_NODE:
            stack.pop()
        elif token == PROP:
            size, name = struct.unpack_from(">II", blob, pos)
            stack[-1].props[text(strings + name)] = blob[pos + 8 : pos + 8 + size]
            pos += 8 + ((size + 3) & ~3)
        elif token == END:
            return root.children[0]
        elif token != NOP:
            raise ValueError(f"unknown token {token} at offset {pos - 4}")


def fdt_build(root):
    strings, offsets, out = bytearray(), {}, bytearray()

    def padded(data):
        return data + bytes(-len(data) % 4)

    def emit(node):
        out.extend(struct.pack(">I", BEGIN_NODE) + padded(node.name.encode() + b"\0"))
        for name, value in node.props.items():
            if name not in offsets:
                offsets[name] = len(strings)
                strings.extend(name.encode() + b"\0")
            out.extend(struct.pack(">III", PROP, len(value), offsets[name]) + padded(value))
        for child in node.children:
            emit(child)
        out.extend(struct.pack(">I", END_NODE))

    emit(root)
    out.extend(struct.pack(">I", END))
    reserved = bytes(16)  # no reserved memory: one empty entry ends the list
    off_struct = 40 + len(reserved)
    off_strings = off_struct + len(out)
    head = struct.pack(">10I", MAGIC, off_strings + len(strings), off_struct, off_strings, 40, 17, 16,
                       0, len(strings), len(out))
    return head + reserved + bytes(out) + bytes(strings)


def with_fourth_cell(cells, stride):
    if len(cells) % stride:
        raise ValueError(f"{len(cells)} interrupt cells are not a multiple of {stride}")
    return [c for i in range(0, len(cells), stride) for c in cells[i : i + stride] + [0]]


def widen_interrupts(root, gic):
    gic.set_cells("#interrupt-cells", [4])
    for node in root.walk():
        if "interrupts" in node.props:
            node.set_cells("interrupts", with_fourth_cell(node.cells("interrupts"), 3))
        if "interrupt-map" in node.props:
            # child address (3) and pin, the GIC's phandle, its address (2) and interrupt (3)
            node.set_cells("interrupt-map", with_fourth_cell(node.cells("interrupt-map"), 10))


def split_pmu(root, gic, specs):
    cpus = {}
    for node in root.walk():
        if node.props.get("device_type") == b"cpu\0":
            cpus[node.cells("reg")[-1]] = node.cells("phandle")[0]
    pmu = next(n for n in root.children if n.name == "pmu")
    irq = pmu.cells("interrupts")[:3]
    root.children.remove(pmu)
    partitions = Node("ppi-partitions")
    gic.children.append(partitions)
    for i, (compatible, members) in enumerate(specs):
        part = Node(f"interrupt-partition-{i}")
        part.set_cells("affinity", [cpus[cpu] for cpu in members])
        part.set_cells("phandle", [FIRST_PHANDLE + i])
        partitions.children.append(part)
        pmu = Node(f"pmu-{i}")
        pmu.props["compatible"] = compatible.encode() + b"\0"
        pmu.set_cells("interrupts", irq + [FIRST_PHANDLE + i])
        root.children.append(pmu)


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    specs = []
    for arg in sys.argv[3:]:
        compatible, _, members = arg.rpartition(":")
        specs.append((compatible, [int(cpu) for cpu in members.split(",")]))
    with open(sys.argv[1], "rb") as f:
        root = fdt_parse(f.read())
    gic = next(n for n in root.walk() if n.is_compatible("arm,gic-v3"))
    widen_interrupts(root, gic)
    split_pmu(root, gic, specs)
    for node in root.walk():  # QEMU's random seeds would make every boot another one
        node.props.pop("rng-seed", None)
        node.props.pop("kaslr-seed", None)
    with open(sys.argv[2], "wb") as f:
        f.write(fdt_build(root))


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, KeyError, StopIteration, struct.error) as e:
        sys.exit(f"hybrid_dtb.py: {sys.argv[1]}: {e!r}")
