"""What a stranger may send to make the site work hard: bodies of at most 8 KB, each as large as it can be."""

import json
from collections.abc import Callable
from typing import Final

from graphql import get_introspection_query

MAX_BYTES: Final = 8_192


def body(query: str, variables: dict[str, object] | None = None) -> bytes:
    said = json.dumps({"query": query, **({"variables": variables} if variables else {})}, separators=(",", ":"))
    return said.encode("utf-8")


def largest(of: Callable[[int], bytes], *, at_most: int = 4_000) -> bytes:
    """The largest body of a family that still has 8 KB."""
    low, high = 1, at_most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(of(middle)) <= MAX_BYTES else (low, middle - 1)
    return of(low)


def repeated(count: int, part: str = "id ") -> bytes:
    return body("{ archive { items { nodes { " + part * count + "} } } }")


def nested_repeats(*counts: int) -> bytes:
    """A field so often, in each the next so often, and so on."""
    names = ["archive", "items", "nodes", "agency", "id"]
    inner = ""
    for name, count in reversed(list(zip(names, counts, strict=True))):
        inner = " ".join([f"{name}{{{inner}}}" if inner else name] * count)
    return body(f"{{{inner}}}")


def spread_everywhere(fragments: int, spreads: int, fields: str = "id") -> bytes:
    """Fragments of which each spreads the ones after it."""
    parts = []
    for n in range(fragments):
        after = " ".join(f"...F{m}" for m in range(n + 1, min(n + 1 + spreads, fragments)))
        parts.append(f"fragment F{n} on Item{{{fields} {after}}}")
    return body("{archive{items{nodes{" + " ".join(f"...F{n}" for n in range(fragments)) + "}}}}" + " ".join(parts))


def fragments_of_fields(fragments: int, fields: int) -> bytes:
    """Fragments with the same fields, all of them spread in one place."""
    text = " ".join(["id", "title", "publishedOn", "madeOn", "status", "validity"][n % 6] for n in range(fields))
    return spread_everywhere(fragments, 0, text)


def circle(fragments: int) -> bytes:
    parts = [f"fragment F{n} on Query{{...F{(n + 1) % fragments}}}" for n in range(fragments)]
    return body("{...F0}" + " ".join(parts))


def doubling(levels: int) -> bytes:
    parts = [f"fragment F{n} on Query{{...F{n + 1} ...F{n + 1}}}" for n in range(levels)]
    return body("{...F0}" + " ".join([*parts, f"fragment F{levels} on Query{{a:archive{{position}}}}"]))


def in_line(count: int) -> bytes:
    return body("{archive{items{nodes{" + "...on Item{id title} " * count + "}}}}")


def variables(count: int) -> bytes:
    declared = " ".join(f"$v{n}:ItemFilter={{agencies:[]}}" for n in range(count))
    return body(f"query({declared}){{archive{{position}}}}")


def used_variables(count: int) -> bytes:
    declared = " ".join(f"$v{n}:Int" for n in range(count))
    used = " ".join(f"a{n}:items(first:$v{n}){{totalCount}}" for n in range(count))
    return body(f"query({declared}){{archive{{{used}}}}}")


def introspection(times: int) -> bytes:
    whole = get_introspection_query(descriptions=True)
    start, _, rest = whole.partition("{")
    inside, _, fragments = rest.partition("\n    }\n")
    del start
    return body("{" + " ".join(f"s{n}:{inside.strip()}" for n in range(times)) + "}" + fragments)


def schema_deep(times: int) -> bytes:
    """Everything about all types, through each other."""
    part = "__schema{types{fields{name type{name ofType{name ofType{name}} fields{name type{name fields{name}}}}}}}"
    return body("{" + " ".join(f"s{n}:{part}" for n in range(times)) + "}")


def parents_of_a_fragment(parents: int, fields: int) -> bytes:
    """Objects that are compared in pairs, each with fields of its own and of one fragment."""
    inside = " ".join(["agency{id ...F}"] * parents)
    return body("{archive{items{nodes{" + inside + "}}}}fragment F on Agency{" + "id " * fields + "}")


def pages(count: int, fields: str) -> bytes:
    parts = [
        f"a{n}:archive(asOf:{{position:{1000 + n}}}){{items(first:100){{nodes{{{fields}}}}}}}" for n in range(count)
    ]
    return body("{" + " ".join(parts) + "}")


def counts(count: int) -> bytes:
    years = ",".join(str(year) for year in range(1980, 2030))
    parts = [f"c{n}:counts(years:[{years}],by:[CATEGORY]){{value}}" for n in range(count)]
    return body("{archive{" + " ".join(parts) + "}}")


def searches(count: int) -> bytes:
    parts = [f's{n}:items(search:"{chr(0x5173 + n)}"){{totalCount}}' for n in range(count)]
    return body("{archive{" + " ".join(parts) + "}}")


def facets(count: int) -> bytes:
    by = "YEAR,CATEGORY,CHANNEL,THEME,GENRE,SECTION,AGENCY,VALIDITY,STATUS"
    parts = [
        f'f{n}:items(search:"{chr(0x5173 + n)}"){{facets(by:[{by}],limit:100){{code count}}}}' for n in range(count)
    ]
    return body("{archive{" + " ".join(parts) + "}}")


def shallow_schema(times: int) -> bytes:
    part = "__schema{types{fields{name args{name type{name}} type{name}}}}"
    return body("{" + " ".join(f"s{n}:{part}" for n in range(times)) + "}")


ATTACKS: Final[dict[str, bytes]] = {
    "aliases": largest(lambda n: body("{" + " ".join(f"a{m}:archive{{position}}" for m in range(n)) + "}")),
    "a field 500 times": repeated(490),
    "a field as often as it fits": largest(repeated),
    "fields in fields, 22 by 22": nested_repeats(1, 1, 1, 21, 21),
    "fields in fields, 8 by 8 by 7": nested_repeats(1, 1, 8, 8, 6),
    "fields in fields, 4 by 4 by 4 by 4": nested_repeats(1, 4, 4, 4, 4),
    "fields in fields, 3 to the fifth": nested_repeats(3, 3, 3, 3, 3),
    "a field 199 times": repeated(199),
    "two fields 140 times": repeated(140, "id title "),
    "twenty fields 24 times": repeated(
        24, " ".join(f"f{n}:id" for n in range(2)) + " id title publishedOn madeOn status validity "
    ),
    "fields in fields, 12 by 12": nested_repeats(1, 1, 1, 12, 12),
    "fields in fields, 5 by 5 by 7": nested_repeats(1, 1, 5, 5, 7),
    "sixty parents of a fragment": parents_of_a_fragment(60, 90),
    "eighty parents of a fragment": parents_of_a_fragment(80, 10),
    "fragments that spread each other": largest(lambda n: spread_everywhere(50, n)),
    "fragments that spread the next eight": spread_everywhere(50, 8),
    "fragments that spread the next one": spread_everywhere(50, 1),
    "thirty fragments that spread the next two": spread_everywhere(30, 2, "id title madeOn"),
    "fifty fragments of eight fields": fragments_of_fields(50, 8),
    "twenty fragments of twenty fields": fragments_of_fields(20, 20),
    "fragments in a circle": largest(circle, at_most=50),
    "fragments that double": largest(doubling, at_most=49),
    "inline fragments": in_line(160),
    "inline fragments as they fit": largest(in_line),
    "variables": largest(variables),
    "variables that are used": largest(used_variables),
    "a list of variables": largest(
        lambda n: body("query($f:ItemFilter){archive{items(filter:$f){totalCount}}}", {"f": {"agencies": ["x"] * n}})
    ),
    "a list in a document": largest(
        lambda n: body('{archive{items(filter:{agencies:["' + '","'.join(["x"] * n) + '"]}){totalCount}}}')
    ),
    "lists in lists": largest(lambda n: body("{archive(asOf:" + "[" * n + "]" * n + "){position}}")),
    "lists in lists of variables": largest(
        lambda n: (
            b'{"query":"query($a:AsOf){archive(asOf:$a){position}}","variables":{"a":' + b"[" * n + b"]" * n + b"}}"
        )
    ),
    "forty-five parents of a fragment": parents_of_a_fragment(45, 10),
    "pages of a hundred": largest(lambda n: pages(n, "id title publishedOn madeOn status validity"), at_most=20),
    "pages of a hundred with all that an item has": largest(
        lambda n: pages(
            n,
            "id title abstract documentNumber indexNumber publishedOn madeOn status validity mode "
            "agency{id name region} categories{scheme code label} publications{channel{code name} url publishedOn}",
        ),
        at_most=20,
    ),
    "pages of a hundred histories": body(
        "{archive{items(first:30){nodes{history(first:100){nodes{id type position recordedAt leafHash bytes}}}}}}"
    ),
    "counts of fifty years": largest(counts, at_most=20),
    "searches": largest(searches, at_most=20),
    "facets": largest(facets, at_most=20),
    "directives": largest(lambda n: body("{archive " + "@include(if:true)" * n + "{position}}")),
    "fifty directives": body("{archive " + "@include(if:true)" * 50 + "{position}}"),
    "unknown fields": largest(lambda n: body("{archive{" + " ".join(f"x{m}" for m in range(n)) + "}}")),
    "unknown fields, as many as are read": body("{archive{" + " ".join(f"x{m}" for m in range(490)) + "}}"),
    "unknown arguments": largest(
        lambda n: body("{archive{items(" + " ".join(f"x{m}:1" for m in range(n)) + "){totalCount}}}")
    ),
    "unknown fragments": body("{archive{" + " ".join(f"...X{m}" for m in range(490)) + "}}"),
    "fields of the wrong kind": body("{archive{" + "items " * 490 + "}}"),
    "arguments twice": largest(lambda n: body("{archive{items(" + "first:1 " * n + "){totalCount}}}")),
    "operations": largest(lambda n: body(" ".join(f"query Q{m}{{archive{{position}}}}" for m in range(n)))),
    "operations with one name": largest(lambda n: body("query Q{archive{position}}" * n)),
    "comments": largest(lambda n: body("#\n" * n + "{archive{position}}")),
    "commas": largest(lambda n: body("{archive{position}" + "," * n + "}"), at_most=9_000),
    "a block string": largest(
        lambda n: body('{archive{items(search:"""' + "\\n " * n + '"""){totalCount}}}'), at_most=9_000
    ),
    "escapes": largest(lambda n: body('{archive{items(search:"' + "\\u0041" * n + '"){totalCount}}}')),
    "digits": largest(lambda n: body("{archive(asOf:{position:" + "9" * n + "}){position}}"), at_most=9_000),
    "introspection": introspection(1),
    "introspection twenty times": largest(introspection, at_most=20),
    "the schema's fields": shallow_schema(1),
    "the schema's fields as often as it fits": largest(shallow_schema, at_most=50),
    "the schema's fields ten times": shallow_schema(10),
    "the schema through itself": schema_deep(1),
    "the schema through itself, as often as it fits": largest(schema_deep, at_most=20),
    "nothing but brackets": largest(lambda n: b"[" * n, at_most=MAX_BYTES),
    "members": largest(lambda n: b"{" + b",".join(b'"m%d":1' % m for m in range(n)) + b"}"),
}
