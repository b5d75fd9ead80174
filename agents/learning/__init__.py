"""Small models that learn closed choices from examples."""
