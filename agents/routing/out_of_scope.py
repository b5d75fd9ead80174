"""Example messages that are not for a maker's support, by subject. The file beside this module holds them.

A catalogue may be about one of these subjects: then the gate leaves that subject out. What comes near to a specialist's
own subject and is for nobody is that specialist's `beyond`.
"""

from agents.learning.examples import beside

SUBJECTS = beside(__file__)
UTTERANCES = tuple(text for lines in SUBJECTS.values() for text in lines)
