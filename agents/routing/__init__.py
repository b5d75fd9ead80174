"""Who answers a message: what it asks, whether it is for this support, and which specialists are to answer."""
