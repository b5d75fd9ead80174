"""What reads the words of a message: words, spelling, figures, units, dates, consent. Pure."""
