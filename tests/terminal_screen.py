"""What stands on a terminal after a program has written to it."""

import io
import re

_CONTROL = re.compile(r"\x1b\[[?]?([0-9;]*)([A-Za-z])|\x1b\][^\x07]*\x07")


class TerminalScreen(io.StringIO):
    """Knows line ends, carriage returns, going up, and wiping a line or what is below."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self._width = width
        self.rows = [""]
        self.at = (0, 0)

    def write(self, text: str) -> int:
        place = 0
        while place < len(text):
            control = _CONTROL.match(text, place)
            if control:
                self._obey(control[1] or "", control[2] or "")
                place = control.end()
            else:
                self._put(text[place])
                place += 1
        return len(text)

    def _obey(self, numbers: str, command: str) -> None:
        row, column = self.at
        if command == "A":
            self.at = (max(0, row - int(numbers or 1)), column)
        elif command == "K":
            self.rows[row] = "" if numbers == "2" else self.rows[row][:column]
        elif command == "J":
            self.rows[row:] = [self.rows[row][:column]]

    def _put(self, character: str) -> None:
        row, column = self.at
        if character == "\n":
            self.at = (row + 1, 0)
            if row + 1 == len(self.rows):
                self.rows.append("")
        elif character == "\r":
            self.at = (row, 0)
        elif column == self._width:
            self._put("\n")
            self._put(character)
        else:
            line = self.rows[row].ljust(column)
            self.rows[row] = line[:column] + character + line[column + 1 :]
            self.at = (row, column + 1)

    @property
    def shown(self) -> str:
        return "\n".join(row.rstrip() for row in self.rows).strip()
