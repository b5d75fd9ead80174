"""For how long the bot has a conversation. What it says carries its tenure, wherever it waits to be sent; when a person
takes over, the tenure is over, and whoever holds such words drops them."""


class Tenure:
    """The bot's hold on one conversation under one epoch of its owner. `over` may be taken back only by whoever set
    it, where the change of owner was not committed."""

    __slots__ = ("__weakref__", "epoch", "over")

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.over = False
