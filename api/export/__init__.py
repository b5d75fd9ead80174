"""What leaves as a file: an appointment as a calendar entry, a chart as a picture."""
