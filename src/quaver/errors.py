"""Every mistake quaver reports, under one root. A message says what came, what was expected, what to do."""


class QuaverError(Exception):
    """The root of quaver's errors; the command line prints it as one line and exits with 1."""


class AudioError(QuaverError):
    """A sound that cannot be used: unreadable, empty, silent, too short, not finite."""


class CorpusError(QuaverError):
    """A folder that is not the corpus it should be, or a download that failed."""


class ManifestError(QuaverError):
    """A manifest that cannot be read, or clips that contradict each other."""


class SpecError(QuaverError):
    """Frontend numbers that do not fit together, or that nobody knows."""


class BundleError(QuaverError):
    """A bundle that is incomplete, damaged, or made for another frontend or version."""


class LeakError(QuaverError):
    """The same speaker or the same sound on both sides of a split."""


class TrainingError(QuaverError):
    """A training run that cannot start or go on."""


class ProfileError(QuaverError):
    """A speaker's profile that is missing, damaged, or made for another network."""


class CompileError(QuaverError):
    """A network that cannot become C, a target that nobody knows, or a missing tool chain."""
