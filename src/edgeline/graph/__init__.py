"""An ONNX graph as a graph: read, written, stripped, rewritten, cut. No runtime and no torch."""
