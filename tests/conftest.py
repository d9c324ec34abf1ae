import os
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def emodb() -> Path:
    return ROOT / "data" / "emodb"


@pytest.fixture(scope="session")
def corpora() -> Path:
    folder = os.environ.get("QUAVER_CORPORA")
    if not folder:
        pytest.skip("QUAVER_CORPORA does not name a folder of real corpora")
    return Path(folder)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
