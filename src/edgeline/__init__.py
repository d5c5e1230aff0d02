"""Neural networks for fleets of small devices; the library knows nothing of Prefect, MLflow or DVC."""
