"""What tools found out about tables, in Markdown for people. Pure; it reads the tools' results as they are."""

from collections.abc import Mapping, Sequence
from typing import Any

from agents.dataset import Table
from agents.datasets.identifiers import code, prose
from agents.explorer.requests import Aspect, Direction, Only, Order

_READ_OFF = "FACT and DIMENSION are read off names, descriptions and foreign keys."
_SEVERAL = 8
"""Of names in one sentence."""
Facts = Mapping[str, Any]


def listed(rows: Sequence[Facts], about: str = "", order: Order = "", only: Only | None = None) -> str:
    """The result of `list_tables`."""
    tables = [row for row in rows if "name" in row]
    if not tables:
        return f"There are no {only or 'tables'}."
    more = sum(row.get("more_tables", 0) for row in rows)
    if order:
        tables = sorted(tables, key=lambda row: row["rows"] or 0, reverse=order == "largest")
    datasets = list(dict.fromkeys(row["dataset"] for row in tables))
    count = len(tables) + more
    where = f" in {code(datasets[0])}" if len(datasets) == 1 else f" in {len(datasets)} datasets"
    schemas = list(dict.fromkeys(row.get("schema", "") for row in tables))
    if schemas != [""]:
        named = [*(code(name) for name in schemas if name), *(["the default one"] if "" in schemas else [])]
        where += f", {'schemas' if len(schemas) > 1 else 'schema'} {_and(named)}"
    wanted = f" that {'has' if count == 1 else 'have'} to do with “{about}”" if about else ""
    first = f", the {order} first" if order and count > 1 else ""
    said = [f"There {'is' if count == 1 else 'are'} {count} {_what(tables, count, only)}{where}{wanted}{first}:", ""]
    for number, row in enumerate(tables, start=1):
        within = f" in {code(row['dataset'])}" if len(datasets) > 1 else ""
        said.append(f"{number}. {code(row['name'])} ({row['type']}){within}{_size(row)}{_told(row['description'])}")
    if more:
        said += ["", f"{more} more are not shown. Ask for tables about something to see fewer."]
    hint = f"Ask me to describe one, such as {code(tables[0]['name'])}, or how two of them are related."
    return "\n".join([*said, "", f"{_READ_OFF} {hint}"])


def _what(tables: Sequence[Facts], count: int, only: Only | None) -> str:
    views = sum(row["type"] == "VIEW" for row in tables)
    several = only or ("views" if views == len(tables) else "tables and views" if views else "tables")
    return several if count > 1 else several.replace("tables", "table").replace("views", "view")


def particular(table: Facts, aspect: Aspect, columns: Sequence[str] = ()) -> str:
    """What the result of `describe_table` says about one thing; all of it where that is not in it."""
    name = code(table["name"])
    of = {column["name"]: column for column in table["columns"]}
    if aspect == "all" or table["columns_left_out"] or not set(columns) <= of.keys():
        return described(table)
    match aspect:
        case "rows":
            return described(table) if table["rows"] is None else f"{name} has {_count(table['rows'], 'row')}."
        case "primary key":
            return _primary_key(table)
        case "empty":
            nullable = [code(column) for column, told in of.items() if told["nullable"]]
            is_are = "this column" if len(nullable) == 1 else "these columns"
            if not nullable:
                return f"No column of {name} may be empty."
            return f"In {name} {is_are} may be empty: {_and(nullable)}."
        case "unique":
            alone = [[column] for column, told in of.items() if "UK" in told["key"]]
            sets = [_and(list(map(code, names))) for names in [*alone, *table["unique_together"]]]
            same = f" Besides it, no two rows have the same {'; nor the same '.join(sets)}." if sets else ""
            return f"{_primary_key(table)}{same or ' Besides it, nothing is declared to be unique.'}"
    return "\n".join(_told_column(name, of[column]) for column in columns)


def _primary_key(table: Facts) -> str:
    name, key = code(table["name"]), [code(column) for column in table["primary_key"]]
    if table["type"] == "VIEW":
        return f"{name} is a view: it has no primary key."
    if not key:
        return f"{name} declares no primary key."
    return f"The primary key of {name} is {_and(key)}{' together' if len(key) > 1 else ''}."


def _told_column(table: str, column: Facts) -> str:
    may = "may be empty" if column["nullable"] else "never empty"
    key = f", {_key(column)}" if column["key"] else ""
    said = _told(column["description"]) or ". Nothing more is said about it."
    return f"{code(column['name'])} of {table} is {prose(column['type'])}, {may}{key}{said}"


def described(table: Facts) -> str:
    """The result of `describe_table`."""
    rows = table["columns"]
    told = any(column["description"] for column in rows)
    head = ["Column", "Type", "Key", "May be empty", *(["Description"] if told else [])]
    said = [f"{code(table['name'])} ({table['type']}){_size(table)}{_told(table['description'])}", ""]
    said += [_line(head), _line(["---"] * len(head))] if rows else ["It has no columns."]
    for column in rows:
        cells = [
            code(column["name"]),
            prose(column["type"]) or "–",
            _key(column),
            "yes" if column["nullable"] else "no",
        ]
        said.append(_line([*cells, *([prose(column["description"])] if told else [])]))
    key, coming = list(map(code, table["primary_key"])), list(map(code, table["referred_to_by"]))
    behind = [f"{table['columns_left_out']} more columns are not shown."] if table["columns_left_out"] else []
    behind += [f"Its primary key is {_and(key)} together."] if len(key) > 1 else []
    behind += [f"No two rows have the same {_and(list(map(code, names)))}." for names in table["unique_together"]]
    behind += [f"Referred to by {_and(coming)}."] if coming else []
    return "\n".join([*said, *(line for text in behind for line in ("", text))])


def related(found: Facts, named: Sequence[str], direction: Direction = "both") -> str:
    """The result of `find_relationships` for the tables that were named."""
    ways = [way for way in found["relations"] if _wanted(way, named, direction)]
    alone = [code(name) for name in found["not_connected"]]
    if not ways:
        return _unrelated(named, direction)
    declared = [way for way in ways if way["declared"]]
    inferred = [way for way in ways if not way["declared"]]
    said = [_opening(ways, named, direction), ""]
    if declared:
        said += ["Declared in the database:", *(f"- {_sentence(way)}" for way in declared), ""]
    if inferred:
        said += [
            "Inferred, not declared in the database:",
            *(f"- {_sentence(way)} Reason: {_reason(way['reason'])}." for way in inferred),
            "",
        ]
    if found["relations_left_out"]:
        said += [f"{found['relations_left_out']} more relations are not listed.", ""]
    if alone and len(named) > 1:
        said += [f"I found no way to {_and(alone)}.", ""]
    return "\n".join(
        [*said, f"The diagram shows {'them' if len(ways) > 1 else 'it'}. {found['diagram_shows']}".strip()]
    )


def stored(columns: Sequence[Facts], text: str) -> str:
    """The result of `find_columns`."""
    several = len({column["dataset"] for column in columns}) > 1
    best = "seems to stand here:" if len(columns) == 1 else "may stand in one of these, best first:"
    said = [f"“{text}” {best}", ""]
    for column in columns:
        within = f" in {code(column['dataset'])}" if several else ""
        kind = f"{prose(column['type'])}{_told(column['description'])}"
        said.append(f"- column {code(column['column'])} of {code(column['table'])}{within}, {kind}")
    return "\n".join(said)


def which(tables: Sequence[Table]) -> str:
    """The question which of several tables is meant."""
    several = len({table.dataset for table in tables}) > 1
    names = [f"{code(item.name)}{f' in {code(item.dataset)}' if several else ''}" for item in tables[:_SEVERAL]]
    more = f" There are {len(tables) - _SEVERAL} more." if len(tables) > _SEVERAL else ""
    return f"Which table do you mean: {_and(names, 'or')}?{more}"


def missing(name: str, close: Sequence[Table], tables: Sequence[Table]) -> str:
    """That there is no such table, and which come close."""
    shown = close or tables[:_SEVERAL]
    there = "There are" if len(tables) > _SEVERAL else "The tables are"
    there = f"What comes closest {'is' if len(close) == 1 else 'are'}" if close else there
    more = not close and len(tables) > _SEVERAL
    named = [*(code(table.name) for table in shown), *(["others"] if more else [])]
    return f"There is no table “{' '.join(name.split())}”. {there} {_and(named)}."


def help_(tables: Sequence[Table]) -> str:
    """What can be asked, with examples of what there is."""
    first = tables[0].name
    last = [table for table in tables if table.dataset == tables[0].dataset][-1].name
    column = next((item.name for it in tables for item in it.columns if item.name not in it.primary_key), "name")
    return f"""I can tell you how the data is organised: its tables, their columns, and how they are related. \
I do not read what stands in the tables. You can ask me, for example:

- Show me all tables
- Describe the {code(first)} table
- Show relationships between {code(first)} and {code(last)}
- Which table has the column {code(column)}?
- Draw an ER diagram"""


def _wanted(way: Facts, named: Sequence[str], direction: Direction) -> bool:
    if direction == "both" or len(named) != 1:
        return True
    return bool(way["refers_to" if direction == "in" else "table"] == named[0])


def _unrelated(named: Sequence[str], direction: Direction) -> str:
    names = [code(name) for name in named]
    if not names:
        return "No foreign keys are declared here, and none can be inferred from the names of the columns."
    if len(names) > 1:
        return f"I found no foreign keys between {_and(names)}, neither declared nor inferred, nor over other tables."
    says = {"both": "is not related to any other table", "in": "is not referred to", "out": "refers to no other table"}
    return f"{names[0]} {says[direction]}: there is no such foreign key, neither declared nor inferred."


def _opening(ways: Sequence[Facts], named: Sequence[str], direction: Direction) -> str:
    count = len(ways)
    if not named:
        return f"The tables have {_count(count, 'relation')}:"
    names = _and([code(name) for name in named])
    if len(named) == 1:
        says = {"both": ("has", "relation"), "in": ("is referred to by", "foreign key"), "out": ("has", "foreign key")}
        verb, what = says[direction]
        return f"{names} {verb} {_count(count, what)}:"
    ends = dict.fromkeys(name for way in ways for name in (way["table"], way["refers_to"]))
    over = [code(name) for name in ends if name not in named]
    return f"{names} are related{f' over {_and(over)}' if over else ''}:"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _sentence(way: Facts) -> str:
    may = "may refer" if way["optional"] else "refers"
    only = "; no two rows to the same one" if way["at_most_one"] else ""
    ours, theirs = (_and([code(name) for name in way[side]]) for side in ("columns", "to_columns"))
    same = way["table"] == way["refers_to"]
    to = "another row of it" if same else f"a row of {code(way['refers_to'])}"
    return f"Each row of {code(way['table'])} {may} by {ours} to {to} ({theirs}){only}."


def _reason(text: str) -> str:
    return " ".join(text.split()).rstrip(".") or "names and types of the columns agree"


def _key(column: Facts) -> str:
    to = f" → {_refers(column['refers_to'])}" if column["refers_to"] else ""
    return column["key"].replace("UK", "unique").replace("FK", f"FK{to}") or "–"


def _refers(text: str) -> str:
    name, mark, rest = text.partition(" (inferred)")
    return f"{code(name)}{' (inferred)' if mark and not rest else ''}"


def _size(row: Facts) -> str:
    return "" if row["rows"] is None else f", {_count(row['rows'], 'row')}"


def _told(description: str) -> str:
    return f": {plain}" if (plain := prose(description)) else ""


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _and(names: Sequence[str], word: str = "and") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}" if names else ""
