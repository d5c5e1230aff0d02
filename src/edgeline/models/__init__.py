"""Networks built from a spec, and checkpoints without pickles."""
