"""Whether a text is one SELECT over known tables that calls nothing but arithmetic: judged by the tree that DuckDB's
own parser makes of it (`json_serialize_sql`), because only that is what would be run."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

_QUERIES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree"})
_FORBIDDEN = re.compile(
    # settings, the environment, files, logs, other statements, state, time, and what is the engine's own business
    r"getenv|getvariable|setseed|error|stats|vector_type|query|query_table|glob|sniff_csv|write_log|which_secret"
    r"|current_(?:setting|query|query_id|connection_id|transaction_id|schemas)|in_search_path|txid_current"
    r"|nextval|currval|setval|sleep_ms|(?:read|pg|pragma|duckdb|has|inet|parquet|arrow|pandas|python|__internal)_.*"
    r"|json_(?:execute|serialize|deserialize)_.*|parse_duckdb_log_message|get_block_size|create_sort_key|.*_scan|version|index_key|invoke|finalize|combine|to_aggregate_state"
)
_ENGINES = re.compile(r"(?:duckdb|pragma|sqlite|pg)_.*")
"""Tables that the engine has of its own. A query may not call its own so: it could mean either."""
_COMMONEST = 30


class Refused(Exception):
    """It is not; the text says what is wrong, for a person and for a model that is to write it again."""


def check(tree: Mapping[str, Any], tables: Collection[str]) -> None:
    """`tables`: the names that may be read. Raises Refused."""
    if tree.get("error"):
        if tree.get("error_type") == "parser":
            raise Refused(f"Syntax error: {tree.get('error_message', '')}")
        raise Refused("Only SELECT is allowed here: write one SELECT statement, or WITH ... SELECT.")
    statements = tree.get("statements", [])
    if len(statements) != 1:
        reason = "there are several" if statements else "there is none"
        raise Refused(f"Write exactly one SELECT statement: {reason}.")
    table_names = {name.casefold() for name in tables}
    nodes = list(_nodes(statements[0]))
    own = {str(node["key"]).casefold() for node in nodes if "key" in node and "value" in node}
    own |= {str(node["cte_name"]).casefold() for node in nodes if "cte_name" in node}
    for node in nodes:
        _check(node, table_names, own, tables)


def _check(node: Mapping[str, Any], table_names: set[str], own: set[str], tables: Collection[str]) -> None:
    kind = str(node.get("type", ""))
    if kind.endswith("_NODE") and kind not in _QUERIES:
        raise Refused("Only SELECT is allowed here: nothing may be changed.")
    if kind == "SHOW_REF":
        raise Refused("SHOW, DESCRIBE and SUMMARIZE are not allowed here: write a SELECT over the tables.")
    if kind == "BASE_TABLE":
        name = str(node.get("table_name", ""))
        qualified = bool(node.get("schema_name") or node.get("catalog_name"))
        mine = name.casefold() in own and not _ENGINES.fullmatch(name.casefold())
        if name.casefold() not in table_names and (qualified or not mine):
            whole = f"{node.get('schema_name', '')}.{name}"
            if whole.casefold() in table_names:
                raise Refused(f'Write "{whole[:160]}" in double quotes, all of it: it is the name of one table.')
            raise Refused(f'There is no table "{name[:80]}". There are: {_listed(tables)}.')
        if str(node.get("schema_name", "")).casefold() in {"information_schema", "pg_catalog"}:
            raise Refused("The engine's own tables cannot be read.")
    if kind == "TABLE_FUNCTION":
        called = str((node.get("function") or {}).get("function_name", "")).casefold()
        if called not in _TABLE_FUNCTIONS:
            raise Refused(f"{called[:80]}() cannot be read from here: read the dataset's tables.")
    if "function_name" in node and _FORBIDDEN.fullmatch(str(node["function_name"]).casefold()):
        raise Refused(f"{str(node['function_name'])[:80]}() is not allowed here.")


def _nodes(tree: Any) -> Iterator[Mapping[str, Any]]:
    """Every object of the tree."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _listed(tables: Collection[str]) -> str:
    names = sorted(tables)
    more = f" and {len(names) - _COMMONEST} more" if len(names) > _COMMONEST else ""
    return ", ".join(names[:_COMMONEST]) + more
