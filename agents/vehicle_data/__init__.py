"""The vehicles' figures as data: attributes, look-ups, comparisons and conversions."""
