"""The sealed thing that devices run: a folder, named by the digest of the list of its files.

    <sha256 of manifest.json>/
      model.onnx  parts/0.onnx ...  preprocessing.json  profile.json
      golden/inputs.npy  golden/outputs.npy
      manifest.json    written last, canonical JSON: every file with its SHA-256 and its size
      receipt.json     where it was anchored; comes later, and is therefore not listed

Opening re-hashes everything, so whoever holds the digest holds the model. It is the digest that
must be trusted (by the chain, see receipt.py); nothing here knows who sealed a folder, or when.
"""

from edgeline.artifact.artifact import Artifact, open_artifact, open_part, read_manifest
from edgeline.artifact.seal import Description, seal

__all__ = ["Artifact", "Description", "open_artifact", "open_part", "read_manifest", "seal"]
