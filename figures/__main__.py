"""Draw all figures: ``python figures [--out FOLDER] [--quick] [--pdf]``."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

NAMES = sorted(
    path.stem
    for path in Path(__file__).parent.glob("*.py")
    if path.stem not in ("__main__", "drawing")
)


def main() -> int:
    """Draw one after the other; return the first exit code that is not 0."""
    for name in NAMES:
        code = importlib.import_module(name).main()
        if code:
            return int(code)
    return 0


if __name__ == "__main__":
    sys.exit(main())
