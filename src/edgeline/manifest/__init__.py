"""What an artifact says of itself: manifest.json, read strictly and written canonically.

The manifest holds no clock, latency or run id, so the same work done again has the same digest; it
lists neither itself nor receipt.json. It knows nothing of folders: artifact.py compares it with
the files.
"""

from edgeline.manifest.manifest import (
    DIGEST,
    MANIFEST,
    MAX_FILES,
    PREPROCESSING,
    PROFILE,
    RECEIPT,
    SCHEMA,
    Ancestor,
    FileEntry,
    Manifest,
    golden_files,
)
from edgeline.manifest.network import (
    DTYPES,
    MAX_SIDES,
    MAX_TENSORS,
    SYMBOL,
    Format,
    Net,
    SessionOptions,
    TensorSpec,
)
from edgeline.manifest.profile import InputProfile, Polarity, Spread

__all__ = [
    "DIGEST",
    "DTYPES",
    "MANIFEST",
    "MAX_FILES",
    "MAX_SIDES",
    "MAX_TENSORS",
    "PREPROCESSING",
    "PROFILE",
    "RECEIPT",
    "SCHEMA",
    "SYMBOL",
    "Ancestor",
    "FileEntry",
    "Format",
    "InputProfile",
    "Manifest",
    "Net",
    "Polarity",
    "SessionOptions",
    "Spread",
    "TensorSpec",
    "golden_files",
]
