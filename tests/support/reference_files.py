"""Public `.nfg` files beside the repository, where there are any; tests skip without them."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "reference" / "games"


def nfg_files():
    """All reference files, sorted; empty where there are none."""
    return sorted(FOLDER.glob("*.nfg"))
