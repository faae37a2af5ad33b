"""Limits NumPy's threads before it is imported: parallel test processes would compete for cores."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
