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


@pytest.fixture(scope="session")
def planted(emodb, tmp_path_factory):
    """EmoDB with mistakes in it, and the names of the files whose labels are wrong."""
    from planted import emodb_with_mistakes

    return emodb_with_mistakes(emodb, tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="session")
def seen(planted, tmp_path_factory):
    """What explore finds in it."""
    from quaver import explore

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUAVER_CACHE", str(tmp_path_factory.mktemp("cache")))
        return explore.look(planted[0], copies=False)
