"""Set before NumPy is imported: processes whose matrices each take all cores only wait."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
