"""The door to MLflow: `runs` holds experiments, runs, curves and pictures; `registry` holds model versions."""
