"""What an answer may cost, estimated before it is run: its fields, as many times as there may be rows.

    cost = Cost(schema, operation, fragments)      worked out once for a document
    cost.of(variables)                             whole number, at most MAX_COUNTED

A field is one. Below a page it counts for each row that was asked for (`first`, `last`; 20 unless said otherwise), below
`counts` and reports for each year that was, and below any other list for LIST_ROWS. What is the same in every request is
added up once; of each choice of page sizes the sum is remembered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, cast

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
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
        described: GraphQLField | None = getattr(of, "fields", {}).get(name)
        if node.selection_set is None or described is None:
            # A leaf, or introspection: what it shows is as large as the schema, and no larger.
            return _Sum(1, 0)
        inner = get_named_type(described.type)
        assert is_composite_type(inner), "what has a selection has fields"
        path = f"{path}.{name}" if path else name
        below = self.selection(node.selection_set, inner, path)
        if name in _ROWS:
            return _Sum(0, 1 + below.once + below.each)
        rows = self._rows_of(node)
        if is_list_type(get_nullable_type(described.type)):
            rows = LIST_ROWS if rows is None else rows * LIST_ROWS
            total = rows * (1 + below.once + below.each)
        else:
            rows = PAGE_ROWS if rows is None else rows
            total = 1 + below.once + rows * below.each
            if not below.each:
                return _Sum(min(total, MAX_COUNTED), 0)
        if self._parts is not None:
            self._parts.append(Part(path, rows, min(total, MAX_COUNTED)))
        return _Sum(min(total, MAX_COUNTED), 0)

    def _rows_of(self, node: FieldNode) -> int | None:
        for argument in node.arguments or ():
            if argument.name.value in _SIZES:
                if isinstance(argument.value, VariableNode):
                    self._cost.decides(argument.value.name.value)
                found = _literal(argument.value, self._sizes)
                if found is not None:
                    return found
        return None


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
