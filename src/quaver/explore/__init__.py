"""See a corpus before training on it: `look` at it once, then ask for findings, figures, or a whole page.

Example:
    >>> from quaver import Manifest, explore
    >>> seen = explore.look(Manifest.read("data/emodb/manifest.csv"))  # doctest: +SKIP
    >>> [finding.text for finding in explore.findings(seen)]  # doctest: +SKIP
    >>> explore.figures.balance(seen.manifest, "speaker")  # doctest: +SKIP
    >>> explore.write(seen, "emodb.html")  # doctest: +SKIP
"""

from quaver.explore import figures
from quaver.explore.finding import Finding, findings, summary
from quaver.explore.pages import write
from quaver.explore.seen import Look, look

__all__ = ["Finding", "Look", "figures", "findings", "look", "summary", "write"]
