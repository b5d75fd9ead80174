"""Which type the texts of a column amount to: the first whose every value fits, so that no value is ever lost to one.

`{c}` stands for the column, which holds texts or NULL."""

from collections.abc import Sequence
from dataclasses import dataclass

_INTEGER = "-?(0|[1-9][0-9]{0,17})"
_NUMBER = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?"
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
_ZONE = " ?(Z|[-+][0-9]{2}(:?[0-9]{2})?)"


@dataclass(frozen=True, slots=True)
class Rule:
    """`value` is the SQL of a text as `type`, `fits` whether it is one without loss."""

    type: str
    value: str
    fits: str

    def value_of(self, column: str) -> str:
        return self.value.replace("{c}", column)

    def fits_in(self, column: str) -> str:
        return self.fits.replace("{c}", column)


def cast(type_: str, *, also: str = "true") -> Rule:
    """Whatever DuckDB reads as the type, if besides `also` holds."""
    return Rule(type_, f"TRY_CAST({{c}} AS {type_})", f"TRY_CAST({{c}} AS {type_}) IS NOT NULL AND {also}")


def written(type_: str, pattern: str) -> Rule:
    """What is written in one way and is of the type, such as 2026-02-28, but not 2026-02-30."""
    return cast(type_, also=f"regexp_full_match({{c}}, '{pattern}')")


def decimal(precision: int, scale: int) -> Rule:
    """Exactly: a value with more places than `scale` does not fit."""
    type_ = f"DECIMAL({precision}, {scale})"
    return cast(type_, also=f"TRY_CAST({{c}} AS {type_})::DOUBLE = TRY_CAST({{c}} AS DOUBLE)")


def _moment(form: str) -> Rule:
    parsed = f"try_strptime({{c}}, '{form}')"
    return Rule("DATE", f"CAST({parsed} AS DATE)", f"{parsed} IS NOT NULL")


TEXT = Rule("VARCHAR", "{c}", "true")
BOOLEAN = written("BOOLEAN", "(?i)true|false")
FLAG = written("BOOLEAN", "(?i)true|false|t|f|1|0")
INTEGER = written("BIGINT", _INTEGER)
LONG = written("HUGEINT", "-?[0-9]{1,37}")
NUMBER = cast("DOUBLE", also="isfinite(TRY_CAST({c} AS DOUBLE))")
PLAIN_NUMBER = written("DOUBLE", _NUMBER)
DATE = written("DATE", _DAY)
MIDNIGHT = Rule("DATE", "TRY_CAST(left({c}, 10) AS DATE)", f"regexp_full_match({{c}}, '{_DAY}( 00:00:00)?')")
TIMESTAMP = written("TIMESTAMP", _DAY + _CLOCK)
UTC = Rule(
    "TIMESTAMP",
    "TRY_CAST({c} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'",
    f"TRY_CAST({{c}} AS TIMESTAMPTZ) IS NOT NULL AND regexp_full_match({{c}}, '{_DAY}{_CLOCK}({_ZONE})?')",
)
TIME = cast("TIME")
BLOB = Rule("BLOB", "unhex({c})", r"regexp_full_match({c}, '([0-9A-Fa-f]{2})*')")

_DAY_FIRST, _MONTH_FIRST, _DOTTED = _moment("%d/%m/%Y"), _moment("%m/%d/%Y"), _moment("%d.%m.%Y")
_MONEY = [decimal(18, scale) for scale in (2, 4, 6)]
_EXACT = tuple(Rule(rule.type, rule.value, f"{rule.fits} AND regexp_full_match({{c}}, '{_NUMBER}')") for rule in _MONEY)

SEEN: Sequence[Rule] = (
    BOOLEAN, INTEGER, *_EXACT, PLAIN_NUMBER, DATE, TIMESTAMP, UTC, _DOTTED, _DAY_FIRST, _MONTH_FIRST, TEXT
)  # fmt: skip
"""For texts of which nothing is known. What begins with a zero is no number but a name made of digits; decimals stay
exact."""


_SIGN = r"(?:[$€£¥]|EUR|USD|GBP|CHF)"
_POINT = r"(?:0|[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]*)(?:\.[0-9]+)?"
_COMMA = r"(?:0|[1-9][0-9]{0,2}(?:\.[0-9]{3})+|[1-9][0-9]*)(?:,[0-9]+)?"


def _adorned(number: str, cleaned: str) -> Sequence[Rule]:
    """Numbers with separators of thousands, signs of money or per cent, or in brackets where they are negative."""
    shaped = f"[-(]?{_SIGN}? ?-?{number} ?(?:%|{_SIGN})?[)]?"
    value = f"CASE WHEN starts_with({{c}}, '(') OR contains({{c}}, '-') THEN '-' ELSE '' END || {cleaned}"
    fits = f"regexp_full_match({{c}}, '{shaped}') AND starts_with({{c}}, '(') = ends_with({{c}}, ')')"

    def rule(type_: str, also: str) -> Rule:
        return Rule(
            type_, f"TRY_CAST({value} AS {type_})", f"{fits} AND TRY_CAST({value} AS {type_}) IS NOT NULL AND {also}"
        )

    whole = rule("BIGINT", f"regexp_full_match({value}, '-?[0-9]+')")
    exact = [
        rule(decimal_, f"TRY_CAST({value} AS {decimal_})::DOUBLE = TRY_CAST({value} AS DOUBLE)")
        for decimal_ in ("DECIMAL(18, 2)", "DECIMAL(18, 4)")
    ]
    return (whole, *exact, rule("DOUBLE", "true"))


def _days(*forms: str) -> Rule:
    listed = ", ".join(f"'{form}'" for form in forms)
    parsed = f"try_strptime({{c}}, [{listed}])"
    # A year of one or two digits is never one of the first centuries.
    fits = f"{parsed} IS NOT NULL AND year({parsed}) > 1000 AND NOT contains({{c}}, ':')"
    return Rule("DATE", f"CAST({parsed} AS DATE)", fits)


def _clocks(*forms: str) -> Rule:
    listed = ", ".join(f"'{form}{clock}'" for form in forms for clock in _CLOCKS)
    parsed = f"try_strptime({{c}}, [{listed}])"
    return Rule("TIMESTAMP", parsed, f"{parsed} IS NOT NULL AND year({parsed}) > 1000")


_CLOCKS = (" %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", ", %H:%M", " %I:%M%p")
_BY_DAY = [f"%d{between}%m{between}{year}" for between in "/-." for year in ("%y", "%Y")]
_BY_MONTH = [f"%m{between}%d{between}{year}" for between in "/-" for year in ("%y", "%Y")]
_NAMED = (
    "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%b %d %Y", "%d-%b-%y", "%d-%b-%Y", "%d-%B-%Y",
    "%a, %d %b %Y", "%A, %B %d, %Y", "%a %d %b %Y", "%d. %B %Y", "%d/%b/%Y", "%d.%b.%Y", "%Y-%b-%d",
)  # fmt: skip
_MONTHS = _days("%B %Y", "%b %Y", "%b-%Y", "%b-%y")
_DAYS_FIRST, _MONTHS_FIRST = _days(*_BY_DAY), _days(*_BY_MONTH)
_DAYS_FIRST_CLOCK, _MONTHS_FIRST_CLOCK = _clocks(*_BY_DAY), _clocks(*_BY_MONTH)

COMMAS = tuple(_adorned(_COMMA, "replace(regexp_replace({c}, '[^0-9,]', '', 'g'), ',', '.')"))
"""Numbers with decimal commas, or points between thousands."""
WRITTEN: Sequence[Rule] = (
    *SEEN[: SEEN.index(_DOTTED)],
    *_adorned(_POINT, "regexp_replace({c}, '[^0-9.]', '', 'g')"),
    *COMMAS,
    _days("%Y/%m/%d", "%Y.%m.%d"), _days(*_NAMED), _clocks("%Y/%m/%d", "%Y-%m-%d", *_NAMED), _MONTHS,
    _DAYS_FIRST, _MONTHS_FIRST, _DAYS_FIRST_CLOCK, _MONTHS_FIRST_CLOCK, TEXT,
)  # fmt: skip
"""For what people write into files: besides, money and per cent, separators of thousands, and days in words."""

WRITTEN_WITH_COMMAS: Sequence[Rule] = (BOOLEAN, INTEGER, *COMMAS, *(rule for rule in WRITTEN if rule not in COMMAS))
"""The same where a column of the same table has decimal commas: what can be read in both ways is read as there."""

AMBIGUOUS = ((_DAY_FIRST, _MONTH_FIRST), (_DAYS_FIRST, _MONTHS_FIRST), (_DAYS_FIRST_CLOCK, _MONTHS_FIRST_CLOCK))
"""Where every value fits both, nobody can tell which is meant, and they stay texts unless their order tells."""

MISSING = ("", "na", "n/a", "n.a.", "#n/a", "null", "nan", "?", "-", "--", "–", "—", "..", "...")
"""What people write, in any case, where there is no value."""
CODES = "[A-Z]{2}"
"""Where all texts of a column are such, "NA" is one of them."""
