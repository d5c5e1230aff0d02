"""An ONNX graph as a graph: written, stripped, folded, rewritten, cut. No runtime and no torch."""
