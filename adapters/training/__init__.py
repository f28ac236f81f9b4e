"""Training of the networks: readers of training data, TensorFlow, export. Never imported by the serving process."""
