"""How alike texts are: by a metric learnt from which questions one place answers, and by their words."""
