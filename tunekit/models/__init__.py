"""scikit-learn estimators backed by Keras networks, and their training loop."""
