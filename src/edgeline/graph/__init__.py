"""An ONNX graph as a graph: read, written, stripped, folded, rewritten, cut. No runtime and no torch."""
