"""HTML reports of what MLflow stores. Nothing is trained here."""
