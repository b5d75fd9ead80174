"""Days and times as customers write them."""
