"""From a checkpoint, which can learn, to ONNX, and proof that nothing changed on the way."""
