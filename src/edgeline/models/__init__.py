"""Networks and the form in which they are kept: what is built from a spec, and checkpoints that nothing pickles."""
