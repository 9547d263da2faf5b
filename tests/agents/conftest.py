"""What all tests of deep learners share."""

import pytest


@pytest.fixture(autouse=True)
def _one_thread():
    """Networks this small are slower on several."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
