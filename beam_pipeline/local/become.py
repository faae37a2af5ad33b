"""Run as a script: becomes another program that ends when its parent does.

    python become.py PARENT_PID SIGNAL UID:GID|- PROGRAM [ARGUMENT ...]

It is a process of its own, where `Popen` with `preexec_fn` or `user` would do: these make
Python fork, in which gRPC's threads come to life again, find their descriptors closed, and
abort the child before it is anything. Without them Python uses vfork, in which they do not.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def become(parent: int, number: int, user: str, argv: list[str]) -> None:
    """Turn this process into the program, as the user; it gets the signal if `parent` dies."""
    if user != "-":
        uid, gid = map(int, user.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After the user: a change of identity would undo it.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # by Python, and an exec would keep that
        signal.signal(ignored, signal.SIG_DFL)
    os.execvp(argv[0], argv)  # the program is one of ours, from a list  # nosec B606


if __name__ == "__main__":
    become(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
