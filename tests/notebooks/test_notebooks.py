"""The notebooks are kept without outputs, and run from the first cell to the last."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS = 120

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def noise(notebook):
    """What a run or an editor left in a notebook, a line each."""
    kept = {"kernelspec": {"display_name", "language", "name"}, "language_info": {"name"}}
    for key, value in notebook["metadata"].items():
        if key not in kept or set(value) - kept[key]:
            yield f"metadata {key}: {value}"
    for number, cell in enumerate(notebook["cells"]):
        if set(cell["metadata"]) - {"tags"}:
            yield f"cell {number}: metadata {cell['metadata']}"
        if cell["cell_type"] == "code" and (cell["outputs"] or cell["execution_count"]):
            yield f"cell {number}: outputs or an execution count"


def test_nothing_of_a_run_is_kept(path):
    found = list(noise(json.loads(path.read_text())))
    assert not found, f"{found}; `make format` strips notebooks"


def test_the_first_line_is_the_title_and_links_lead_somewhere(path):
    cells = json.loads(path.read_text())["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    assert re.match(r"# \w", texts[0])
    assert not any(re.search(r"^# ", text, re.MULTILINE) for text in texts[1:])
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", "\n".join(texts)):
        assert "://" in target or (path.parent / target).exists(), target


@pytest.mark.slow
# Of the event loop and the sockets of the Jupyter client, not ours.
@pytest.mark.filterwarnings("ignore")
def test_it_runs_in_time_and_without_a_warning(path, tmp_path, monkeypatch):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    if "import torch" in path.read_text():
        pytest.importorskip("torch")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.delenv("MPLBACKEND", raising=False)
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(
        notebook,
        timeout=SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert outputs
    assert not [o.text for o in outputs if o.output_type == "stream" and o.name == "stderr"]
