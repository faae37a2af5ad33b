"""A small tmpfs that can be filled up, if this user may mount one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

SIZE = "6g"


class Disk:
    """A tmpfs on a directory. `mounted` is False if this user may not mount one."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.mounted = os.geteuid() == 0 and _run(
            "mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0755", "tmpfs", str(root)
        )

    def fill(self) -> bool:
        """Shrink the disk to what it holds. Returns whether that worked."""
        if not self.mounted:
            return False
        found = os.statvfs(self.root)
        used = (found.f_blocks - found.f_bfree) * found.f_frsize
        return _run("mount", "-o", f"remount,size={max(used, 4096)}", str(self.root))

    def clear(self) -> None:
        """Give the disk its full size again."""
        if self.mounted:
            _run("mount", "-o", f"remount,size={SIZE}", str(self.root))

    def close(self) -> None:
        """Unmount it; its files are lost."""
        if self.mounted:
            _run("umount", "-l", str(self.root))
            self.mounted = False


def _run(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
