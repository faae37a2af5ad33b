"""A script that becomes another program, which ends when its parent does.

    python become.py PARENT_PID SIGNAL UID:GID|- PROGRAM [ARGUMENT ...]

`Popen` with `preexec_fn` or `user` would be simpler, but makes Python fork. In the forked child,
gRPC's threads start again, find their descriptors closed, and abort the child. Without these
arguments Python uses vfork, which avoids that.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def become(parent: int, number: int, user: str, argv: list[str]) -> None:
    """Replace this process by the program, run as the user. It gets the signal if `parent` dies."""
    if user != "-":
        uid, gid = map(int, user.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After the change of user, which would reset it.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them; exec would keep that
        signal.signal(ignored, signal.SIG_DFL)
    os.execvp(argv[0], argv)  # our own callers give the program, as a list  # nosec B606


if __name__ == "__main__":
    become(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
