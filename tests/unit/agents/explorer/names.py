"""Names of tables and columns that a database may have and a language for diagrams stumbles over."""

NAMES = (
    "plain_name", "with space", 'quo"te', "apo'strophe", "back`tick", "to", "one", "class", "style", "end", "u",
    "title", "Direction TB", "direction LR", "erDiagram", "pk", "FK", "UK-x", "PKé", "__x__", "_a", "a_", "a__b",
    "*star*", "**bold**", "<b>bold</b>", "<script>alert(1)</script>", "a;b", "%% comment", "%%{init: {}}%%", "#35;",
    "&amp;", "{brace}", "[sq]", "a|b", "a~b~c", "x--y", "||--o{", "表", "Ünïcode", "😀", "1st", "1. first", "- dash",
    "1", "1.5", "1+", "many(0)", "zero or one", "", "  ", "\n", "a\nb", "a\tb", "\x00", "constructor", "__proto__",
    "toString", "x" * 300, "a\\b", "www.example.com", "http://x.y/z", "a@b.cz", "null", "$$x^2$$",
    "fa:fa-car", "![i](http://x)", "[l](u)", "subgraph", "a.b.c", "accTitle: x", "---", "***", "click",
    "\u202eltr", "\u200b", "e\u0301",
    "table_1", "Table_1", "TABLE_2",
)  # fmt: skip

TYPES = (
    "INTEGER", "VARCHAR(20)", "double precision", "NUMERIC(10, 2)", "ENUM('a','b')", "integer[]", "PK", "", "~", "1x",
    'VARCHAR(20) COLLATE "NOCASE"', "timestamp with time zone", "geometry(Point,4326)", "%%", "x" * 300, "größe", "_t_",
)  # fmt: skip
