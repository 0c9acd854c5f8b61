"""What an answer may cost, estimated before it is run: its fields, as many times as there may be rows.

    cost = Cost(schema, operation, fragments)      worked out once for a document
    cost.of(variables)                             whole number, at most MAX_COUNTED

A field is one. Below a page it counts for each row that was asked for (`first`, `last`; 20 unless said otherwise), below
`counts` and reports for each year that was, below a list of the schema itself for as many as that has, and below any other
list for LIST_ROWS. What has to be counted or added up costs as many fields as could be read in that time, about 1 µs each
(see _work). What is the same in every request is added up once; of each choice of page sizes the sum is remembered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, cast

from graphql import (
    EnumValueNode,
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    SchemaMetaFieldDef,
    StringValueNode,
    TypeMetaFieldDef,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import (
        FragmentDefinitionNode,
        GraphQLCompositeType,
        GraphQLField,
        GraphQLObjectType,
        GraphQLSchema,
        OperationDefinitionNode,
        SelectionSetNode,
        ValueNode,
    )

# A list that is no page holds about so many.
LIST_ROWS: Final = 5
PAGE_ROWS: Final = 20
# No page is larger, and no list of years: whoever asks for more is refused where it is read.
MAX_ROWS: Final = 100
# Sums above it are not told apart.
MAX_COUNTED: Final = 10_000_000
_KEPT_SUMS: Final = 256
# The fields of a page that are its rows, and what says how many rows a field has.
_ROWS: Final = frozenset({"edges", "nodes"})
_SIZES: Final = ("first", "last", "years", "limit")
# Every text that has the pairs of characters of a longer term is looked at.
SEARCH_COST: Final = 20_000
# A facet divides all that a search finds.
FACET_COST: Final = 5_000
# A measure of a year; how many there are about, where none is named; and how often it is counted for each thing that the
# counts are divided by.
MEASURE_COST: Final = 10
MEASURES: Final = 40
DIVIDED: Final = 12
REPORT_COST: Final = 2_000
# Of about a hundred agencies.
DISTRICT_COST: Final = 40_000


_INTROSPECTION: Final = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}


class Part(NamedTuple):
    """A list below a path of fields, how many rows it may have, and what all of them may cost."""

    path: str
    rows: int
    cost: int


class _Sum(NamedTuple):
    """What a selection costs: once, and for each row of the page that it is of."""

    once: int
    each: int


class Cost:
    """What one operation may cost."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
    ) -> None:
        self._schema = schema
        self._operation = operation
        self.schema_rows = _schema_rows(schema)
        self._fragments = fragments
        self._defaults = {
            one.variable.name.value: _literal(one.default_value, {}) for one in operation.variable_definitions or ()
        }
        # What says how many rows there are: found while everything is added up once.
        self._deciding: dict[str, None] = {}
        self._sums: dict[tuple[int | None, ...], int] = {}

    def of(self, variables: Mapping[str, object]) -> int:
        """What the operation may cost with these variables."""
        if not self._sums:
            # Which variables decide is not known before everything has been looked at.
            self._added_up({}, None)
        deciding = tuple(
            [_rows(variables[name]) if name in variables else self._defaults[name] for name in self._deciding]
        )
        known = self._sums.get(deciding)
        if known is None:
            if len(self._sums) >= _KEPT_SUMS:
                self._sums.clear()
            known = self._sums[deciding] = self._added_up(dict(zip(self._deciding, deciding, strict=True)), None)
        return known

    def parts(self, variables: Mapping[str, object]) -> list[Part]:
        """The lists of the answer, each with the rows and the cost that are counted for it."""
        found: list[Part] = []
        sizes = {name: _rows(value) for name, value in variables.items()}
        self._added_up({**self._defaults, **sizes}, found)
        return found

    def _added_up(self, sizes: Mapping[str, int | None], parts: list[Part] | None) -> int:
        root = cast("GraphQLObjectType", self._schema.query_type)
        total = _Adding(self, sizes, parts).selection(self._operation.selection_set, root, "")
        return min(total.once + total.each, MAX_COUNTED)

    def definition(self, name: str) -> FragmentDefinitionNode:
        """A fragment of the document."""
        return self._fragments[name]

    def type_named(self, name: str) -> GraphQLCompositeType:
        """A type that a fragment is on."""
        return cast("GraphQLCompositeType", self._schema.type_map[name])

    def decides(self, variable: str) -> None:
        """Note that a variable says how many rows there are."""
        self._deciding[variable] = None


class _Adding:
    """One adding up. A fragment is added up once, however often it is spread."""

    def __init__(self, cost: Cost, sizes: Mapping[str, int | None], parts: list[Part] | None) -> None:
        self._cost = cost
        self._sizes = sizes
        self._parts = parts
        self._known: dict[str, _Sum] = {}

    def selection(self, selections: SelectionSetNode, of: GraphQLCompositeType, path: str) -> _Sum:
        once = each = 0
        for node in selections.selections:
            match node:
                case FieldNode():
                    found = self._field(node, of, path)
                case InlineFragmentNode():
                    on = of if node.type_condition is None else self._cost.type_named(node.type_condition.name.value)
                    found = self.selection(node.selection_set, on, path)
                case FragmentSpreadNode():
                    found = self._fragment(node.name.value, path)
                case _:
                    raise AssertionError("a selection is a field or a fragment")
            once += found.once
            each += found.each
        return _Sum(min(once, MAX_COUNTED), min(each, MAX_COUNTED))

    def _fragment(self, name: str, path: str) -> _Sum:
        known = self._known.get(name)
        if known is None or self._parts is not None:
            definition = self._cost.definition(name)
            on = self._cost.type_named(definition.type_condition.name.value)
            known = self._known[name] = self.selection(definition.selection_set, on, path)
        return known

    def _field(self, node: FieldNode, of: GraphQLCompositeType, path: str) -> _Sum:
        name = node.name.value
        described: GraphQLField | None = getattr(of, "fields", {}).get(name) or _INTROSPECTION.get(name)
        if node.selection_set is None or described is None or name == "ofType":
            # Hardly a type is wrapped more than once or twice.
            return _Sum(1, 0)
        inner = get_named_type(described.type)
        assert is_composite_type(inner), "what has a selection has fields"
        path = f"{path}.{name}" if path else name
        below = self.selection(node.selection_set, inner, path)
        if name in _ROWS:
            return _Sum(0, 1 + below.once + below.each)
        size = self._rows_of(node)
        work = self._work(of.name, node, size)
        if is_list_type(get_nullable_type(described.type)):
            if of.name.startswith("__"):
                rows = self._cost.schema_rows.get(name, LIST_ROWS)
            else:
                rows = LIST_ROWS * (1 if size is None else size)
            total = work + rows * (1 + below.once + below.each)
        else:
            rows = PAGE_ROWS if size is None else size
            total = work + 1 + below.once + rows * below.each
            if not below.each and name != "__schema":
                return _Sum(min(total, MAX_COUNTED), 0)
        if name == "__schema":
            # No plan answers it: a field of it takes several times the time.
            total *= 4
        if self._parts is not None:
            self._parts.append(Part(path, rows, min(total, MAX_COUNTED)))
        return _Sum(min(total, MAX_COUNTED), 0)

    def _work(self, of: str, node: FieldNode, years: int | None) -> int:
        """What a field costs beyond the fields that it answers with."""
        match of, node.name.value:
            case "Archive", "items" if _argument(node, "search") is not None:
                return SEARCH_COST
            case "ItemConnection", "facets":
                return FACET_COST * self._chosen(node, "by", otherwise=1)
            case "Archive", "counts":
                measures = self._chosen(node, "measures", otherwise=MEASURES)
                divided = self._chosen(node, "by", otherwise=0)
                return min((years or 1) * measures * MEASURE_COST * int(DIVIDED ** min(divided, 9)), MAX_COUNTED)
            case "Archive", "report":
                return REPORT_COST
            case "Archive", "districtReport":
                return DISTRICT_COST
            case _:
                return 0

    def _rows_of(self, node: FieldNode) -> int | None:
        return next((found for name in _SIZES if (found := self._size(node, name)) is not None), None)

    def _chosen(self, node: FieldNode, argument: str, *, otherwise: int) -> int:
        """How many are named in a list; one, where one is named without brackets."""
        found = self._size(node, argument)
        if found is not None:
            return found
        return 1 if isinstance(_argument(node, argument), EnumValueNode | StringValueNode) else otherwise

    def _size(self, node: FieldNode, argument: str) -> int | None:
        value = _argument(node, argument)
        if isinstance(value, VariableNode):
            self._cost.decides(value.name.value)
        if argument == "years" and isinstance(value, IntValueNode):
            # One year, without brackets.
            return 1
        return _literal(value, self._sizes)


def _argument(node: FieldNode, name: str) -> ValueNode | None:
    return next((one.value for one in node.arguments or () if one.name.value == name), None)


def _schema_rows(schema: GraphQLSchema) -> dict[str, int]:
    """How many rows the lists of the schema itself have: of those that each type has, about."""
    fields = [field for type_ in schema.type_map.values() for field in getattr(type_, "fields", {}).values()]
    arguments = [argument for field in fields for argument in getattr(field, "args", {})]
    types = len(schema.type_map)
    return {"types": types, "fields": _about(len(fields), types), "args": _about(len(arguments), len(fields))}


def _about(many: int, of: int) -> int:
    return max(1, round(many / of))


def _literal(node: ValueNode | None, sizes: Mapping[str, int | None]) -> int | None:
    """How many rows a literal asks for; None where it does not say."""
    match node:
        case VariableNode():
            return sizes.get(node.name.value)
        case IntValueNode():
            return min(int(node.value[:12]), MAX_ROWS) if node.value.isdecimal() else 0
        case ListValueNode():
            return min(len(node.values), MAX_ROWS)
        case _:
            return None


def _rows(value: object) -> int | None:
    """How many rows the value of a variable asks for."""
    match value:
        case bool():
            return None
        case int():
            return max(0, min(value, MAX_ROWS))
        case list():
            return min(len(value), MAX_ROWS)
        case _:
            return None
