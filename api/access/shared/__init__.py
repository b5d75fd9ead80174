"""What the servers of a cluster count and keep together, over Redis: rates, places of users, tickets."""
