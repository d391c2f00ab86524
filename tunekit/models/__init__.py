"""Keras models as scikit-learn estimators, and the loop that trains them."""
