"""Neural networks for fleets of small devices; the library knows nothing of Prefect, MLflow or DVC."""

import os

# onnxruntime reports to its maker unless this is set before it is loaded; whoever wants that can say so.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
