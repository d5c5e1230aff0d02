"""Making a network small: narrower by distillation, then of 8-bit numbers, with the price of each stated."""
