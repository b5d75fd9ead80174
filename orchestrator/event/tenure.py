"""For how long the bot has a conversation. What it says carries its tenure, wherever it waits to be sent; when a person
takes over, the tenure is over, and whoever holds such words drops them."""

from weakref import WeakValueDictionary


class Tenure:
    """The bot's hold on one conversation under one epoch of its owner. `over` may be taken back only by whoever set
    it, where the change of owner was not committed."""

    __slots__ = ("__weakref__", "epoch", "over")

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.over = False


class Tenures:
    """Those of a process, for as long as anything that was said under one is on its way."""

    def __init__(self) -> None:
        self._tenures: WeakValueDictionary[str, Tenure] = WeakValueDictionary()

    def find(self, conversation_id: str) -> Tenure | None:
        """The latest one of a conversation, where anything was said under it."""
        return self._tenures.get(conversation_id)

    def of(self, conversation_id: str, epoch: int) -> Tenure:
        """The one for what is said from now on: all runs under one epoch share it."""
        tenure = self._tenures.get(conversation_id)
        if tenure is None or tenure.over or tenure.epoch != epoch:
            tenure = self._tenures[conversation_id] = Tenure(epoch)
        return tenure
