#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write an initramfs (cpio "newc", not compressed) from files of this machine.

Reads the named files, writes the named archive, needs no root and no cpio. Several archives put one
behind the other are one initramfs to the kernel (Documentation/driver-api/early-userspace/
buffer-format.rst), so the files of one run need not be packed with the rest.

usage: mkinitrd.py ARCHIVE DEST=FILE... [DEST/]   (a DEST that ends in / is an empty directory)
"""

import os
import stat
import sys


class Archive:
    def __init__(self, out):
        self.out = out
        self.inode = 0
        self.seen = set()

    def entry(self, name, mode, data=b"", rdev=(0, 0)):
        self.inode += 1
        name = name.encode() + b"\0"
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(name), 0)
        head = b"070701" + b"".join(b"%08x" % f for f in fields) + name
        self.out.write(head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4))

    def directory(self, name):
        if not name or name in self.seen:
            return
        self.directory(os.path.dirname(name))
        self.seen.add(name)
        self.entry(name, stat.S_IFDIR | 0o755)

    def file(self, name, path):
        self.directory(os.path.dirname(name))
        mode = os.stat(path).st_mode & 0o755
        with open(path, "rb") as f:
            self.entry(name, stat.S_IFREG | mode, f.read())


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with open(sys.argv[1] + ".new", "wb") as out:
        archive = Archive(out)
        # The kernel opens /dev/console for init before anything can mount /dev.
        archive.directory("dev")
        archive.entry("dev/console", stat.S_IFCHR | 0o600, rdev=(5, 1))
        for arg in sys.argv[2:]:
            dest, _, path = arg.partition("=")
            if dest.endswith("/"):
                archive.directory(dest.strip("/"))
            else:
                archive.file(dest.strip("/"), path)
        archive.entry("TRAILER!!!", 0)
    os.rename(sys.argv[1] + ".new", sys.argv[1])


if __name__ == "__main__":
    try:
        main()
    except OSError as e:
        sys.exit(f"mkinitrd.py: {e.filename}: {e.strerror}")
