"""Workshop appointments: found, booked, moved, cancelled and listed, over as many turns as it takes."""
