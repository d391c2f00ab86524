"""What the best estimator is made of: a table and a picture of its layers or steps."""
