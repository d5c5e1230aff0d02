"""Learning from labels: one loop, from scratch, from a pretrained start, on devices."""
