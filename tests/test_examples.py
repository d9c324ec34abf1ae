"""The notebook runs from its first cell to its last."""

import nbclient
import nbformat
from conftest import ROOT


def test_the_articles_notebook_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("QUAVER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    book = nbformat.read(ROOT / "examples" / "article.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in book.cells), "commit the notebook without outputs"
    nbclient.NotebookClient(book, timeout=600, resources={"metadata": {"path": ROOT / "examples"}}).execute()
    printed = "".join(
        output["text"] for cell in book.cells for output in cell.get("outputs", []) if output["output_type"] == "stream"
    )
    pictures = [o for c in book.cells for o in c.get("outputs", []) if "image/png" in o.get("data", {})]
    assert "random rows" in printed
    assert "acted:" in printed
    assert len(pictures) >= 5
