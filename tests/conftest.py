import matplotlib as mpl
from hypothesis import settings

mpl.use("Agg")
# Derandomised: a run that passes passes again, and the seeds lie in the code.
settings.register_profile("suite", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("suite")
