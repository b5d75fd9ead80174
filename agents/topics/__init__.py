"""What a question is about, in the trade's own terms, learnt from everyday words."""
