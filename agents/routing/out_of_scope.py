"""Example messages that are not for a maker's support, by subject. The file beside this module holds them.

A catalogue may be about one of these subjects: then the gate leaves that subject out, but never what is `BEYOND`. What
comes near to a specialist's own subject and is for nobody is that specialist's `beyond`.
"""

from agents.learning.examples import beside

_LISTS = beside(__file__)
_BEYOND = "beyond vehicles"
SUBJECTS = {subject: lines for subject, lines in _LISTS.items() if subject != _BEYOND}
BEYOND = _LISTS[_BEYOND]
UTTERANCES = tuple(text for lines in _LISTS.values() for text in lines)
