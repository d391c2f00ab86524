"""The report: from what MLflow holds to one HTML file. Nothing here fits anything."""
