"""Plans: what a document asks for, worked out once, so that its answers are put together without walking the document.

    plans = Plans(tree)                                          kept with the document
    data = plans.answer(operation, variables, reads)             the answer's data, or `Uncovered`

A plan calls the resolvers that graphql-core would call, in its order, with arguments that graphql-core's own functions
read; what it leaves out is the walk around them. It answers only where everything is as it should be. Whatever is not
(a refusal, a value that its type forbids, introspection, a document of too many variants) is `Uncovered`, and graphql-core
answers the whole request instead: every error is told by it.

Rules
- A plan holds for one outcome of the document's @skip and @include.
- A selection is worked out when the first object for it occurs, so that fragments in fragments cost no more than what
  they answer; variants and fields of a document are bounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Never, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    VariableNode,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import get_argument_values, get_variable_values
from strawberry.types import get_object_definition

from archive.api.errors import MAX_ERRORS
from archive.api.inputs import NO_VALUES, Arguments, Unusual, Variables
from archive.api.schema import SCHEMA, WAY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import Enum

    from graphql import DocumentNode, GraphQLField, GraphQLOutputType, OperationDefinitionNode
    from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
    from graphql.execution.values import VariableValues

    from archive.api.errors import Json
    from archive.api.reads import Reads
    from archive.api.schema import Way

# A document has this many outcomes of its conditions before it is no longer worth a plan.
MAX_VARIANTS: Final = 8
# Fields that a document's plans may hold; each takes about a kilobyte.
MAX_FIELDS: Final = 2_000
_MAX_INT: Final = 2**31 - 1


class Uncovered(Exception):
    """The plan does not answer this request."""


class Plans:
    """The plans of one valid document."""

    def __init__(self, tree: DocumentNode) -> None:
        self._fragments = {
            one.name.value: FragmentDetails(one) for one in tree.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self._conditions, introspects = _looked_at(tree)
        self._plans: dict[tuple[object, ...], _Plan] = {}
        # By the identity of an operation of this document.
        self._variables: dict[int, Variables] = {}
        self._left = MAX_FIELDS
        self._is_covered = not introspects

    def answer(self, operation: OperationDefinitionNode, variables: Mapping[str, object], reads: Reads) -> Json:
        """The data of an answer, or `Uncovered`."""
        if not self._is_covered:
            raise Uncovered
        values = self._read(operation, variables)
        key = (operation.name and operation.name.value, *(values.coerced.get(name) for name in self._conditions))
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= MAX_VARIANTS:
                self.give_up()
            plan = self._plans[key] = _Plan(self, operation, values)
        try:
            return plan.answer(reads, values)
        except Exception as error:  # whatever went wrong goes wrong again, and graphql-core then says where it did
            raise Uncovered from error

    def _read(self, operation: OperationDefinitionNode, variables: Mapping[str, object]) -> VariableValues:
        known = self._variables.get(id(operation))
        if known is None:
            known = self._variables[id(operation)] = Variables(SCHEMA, operation)
        try:
            return known.read(variables)
        except Unusual:
            values = get_variable_values(
                SCHEMA,
                operation.variable_definitions or (),
                dict(variables),
                max_errors=MAX_ERRORS,
                hide_suggestions=True,
            )
        if isinstance(values, list):
            raise Uncovered
        return values

    def take(self, fields: int) -> None:
        """Count fields that are worked out; too many are `Uncovered`."""
        if fields > self._left:
            self.give_up()
        self._left -= fields

    def give_up(self) -> Never:
        """Leave the document to graphql-core from now on."""
        self._is_covered = False
        self._plans.clear()
        raise Uncovered

    @property
    def are_covering(self) -> bool:
        """Whether requests are answered by plans, as far as it is known."""
        return self._is_covered

    @property
    def fragments(self) -> dict[str, FragmentDetails]:
        """The document's fragments."""
        return self._fragments


def _looked_at(tree: DocumentNode) -> tuple[tuple[str, ...], bool]:
    """The variables that choose what is in the answer, and whether it asks for the schema itself."""
    found: dict[str, None] = {}
    introspects = False
    left: list[Any] = list(tree.definitions)  # Any: definitions and selections have both members
    while left:
        node = left.pop()
        introspects = introspects or (isinstance(node, FieldNode) and node.name.value in {"__schema", "__type"})
        for directive in node.directives or ():
            for argument in directive.arguments or ():
                if isinstance(argument.value, VariableNode):
                    found[argument.value.name.value] = None
        selected = getattr(node, "selection_set", None)
        if selected is not None:
            left += selected.selections
    return tuple(found), introspects


class _Run:
    """One request."""

    __slots__ = ("arguments", "context", "values")

    def __init__(self, reads: Reads, values: VariableValues) -> None:
        # strawberry's resolvers ask for `info.context`.
        self.context = reads
        self.values = values
        self.arguments: dict[int, dict[str, Any]] = {}  # Any: what resolvers take


class _Field(NamedTuple):
    """A field of an answer: how it is read and how its value becomes JSON.

    `finish`: None where the value is JSON as it is, and `kind` then says of which class it must be.
    """

    key: str
    read: Callable[[Any], Any] | None  # Any: what resolvers take and give
    call: _Call | None
    finish: Callable[[Any, _Run], Any] | None  # Any: as above
    kind: type | None
    is_required: bool


class _Call:
    """A field that takes arguments; they are read once for each request, however many objects have the field."""

    def __init__(self, way: Way, described: GraphQLField, node: FieldNode) -> None:
        self._way = way
        self._described = described
        self._node = node
        self._arguments = Arguments(described, node)
        # Arguments without variables are the same in every request.
        self._fixed = way.arguments(self._arguments.read(NO_VALUES)) if self._arguments.are_fixed else None

    def __call__(self, source: object, run: _Run) -> object:
        given = self._fixed
        if given is None:
            given = run.arguments.get(id(self))
            if given is None:
                given = run.arguments[id(self)] = self._way.arguments(self._read(run.values))
        return self._way.call(source, run, given)

    def _read(self, values: VariableValues) -> Mapping[str, object]:
        try:
            return self._arguments.read(values)
        except Unusual:
            return get_argument_values(self._described, self._node, values, hide_suggestions=True)


class _Plan:
    """One operation with one outcome of its conditions."""

    def __init__(self, plans: Plans, operation: OperationDefinitionNode, values: VariableValues) -> None:
        self._plans = plans
        self._operation = operation
        # Only what conditions need is asked of them later: the same in each request that this plan answers.
        self._values = values
        self._root: _Object | None = None

    def answer(self, reads: Reads, values: VariableValues) -> Json:
        """The data of one answer."""
        root = self._root
        if root is None:
            root = self._root = _Object(self, cast("GraphQLObjectType", SCHEMA.query_type), None)
        return root(None, _Run(reads, values))

    def fields(self, of: GraphQLObjectType, details: FieldDetailsList | None) -> list[_Field]:
        """What a selection asks of a type, in the order of the answer."""
        fragments = self._plans.fragments
        if details is None:
            found = collect_fields(SCHEMA, fragments, self._values, of, self._operation, hide_suggestions=True)
        else:
            found = collect_subfields(SCHEMA, fragments, self._values, self._operation, of, details)
        self._plans.take(len(found.grouped_field_set))
        return self._described(of, found.grouped_field_set)

    def _described(self, of: GraphQLObjectType, grouped: GroupedFieldSet) -> list[_Field]:
        fields = []
        for key, details in grouped.items():
            node = details[0].node
            name = node.name.value
            if name == "__typename":
                fields.append(_Field(key, _always(of.name), None, None, str, is_required=True))
                continue
            described = of.fields.get(name)
            if described is None:
                # Introspection.
                self._plans.give_up()
            way: Way = described.extensions[WAY]
            type_, is_required = _bare(described.type)
            finish, kind = self._finish(type_, details)
            call = _Call(way, described, node) if described.args else None
            fields.append(_Field(key, way.read, call, finish, kind, is_required))
        return fields

    def _finish(
        self, type_: GraphQLOutputType, details: FieldDetailsList
    ) -> tuple[Callable[[Any, _Run], Any] | None, type | None]:  # Any: from a resolver's value to JSON
        if isinstance(type_, GraphQLList):
            inner, is_required = _bare(type_.of_type)
            return _List(*self._finish(inner, details), is_required=is_required), None
        if is_leaf_type(type_):
            return _leaf(type_)
        if is_abstract_type(type_):
            return _Abstract(self, details), None
        return _Object(self, cast("GraphQLObjectType", type_), details), None


class _Object:
    """Objects of one type with one selection."""

    __slots__ = ("_details", "_fields", "_of", "_plan")

    def __init__(self, plan: _Plan, of: GraphQLObjectType, details: FieldDetailsList | None) -> None:
        self._plan = plan
        self._of = of
        self._details = details
        self._fields: list[_Field] | None = None

    def __call__(self, source: object, run: _Run) -> Json:
        fields = self._fields
        if fields is None:
            fields = self._fields = self._plan.fields(self._of, self._details)
        answer: Json = {}
        for key, read, call, finish, kind, is_required in fields:
            value = read(source) if call is None else call(source, run)  # type: ignore[misc] # one of the two is there
            if value is None:
                if is_required:
                    raise Uncovered
                answer[key] = None
            elif finish is None:
                if value.__class__ is not kind:
                    raise Uncovered
                answer[key] = value
            else:
                answer[key] = finish(value, run)
        return answer


class _Abstract:
    """Objects whose type is known when they are there."""

    __slots__ = ("_by_type", "_details", "_plan")

    def __init__(self, plan: _Plan, details: FieldDetailsList) -> None:
        self._plan = plan
        self._details = details
        self._by_type: dict[type, _Object] = {}

    def __call__(self, source: object, run: _Run) -> Json:
        of = self._by_type.get(type(source))
        if of is None:
            described = SCHEMA.type_map[get_object_definition(source, strict=True).name]
            if not isinstance(described, GraphQLObjectType):
                raise Uncovered
            of = self._by_type[type(source)] = _Object(self._plan, described, self._details)
        return of(source, run)


class _List:
    """Lists of one type."""

    __slots__ = ("_finish", "_is_required", "_kind")

    def __init__(
        self,
        finish: Callable[[Any, _Run], Any] | None,  # Any: from a resolver's value to JSON
        kind: type | None,
        *,
        is_required: bool,
    ) -> None:
        self._finish = finish
        self._kind = kind
        self._is_required = is_required

    def __call__(self, values: object, run: _Run) -> list[object]:
        if not isinstance(values, list | tuple):
            raise Uncovered
        answer: list[object] = []
        for value in values:
            if value is None:
                if self._is_required:
                    raise Uncovered
                answer.append(None)
            elif self._finish is not None:
                answer.append(self._finish(value, run))
            elif value.__class__ is self._kind:
                answer.append(value)
            else:
                raise Uncovered
        return answer


def _bare(type_: GraphQLOutputType) -> tuple[GraphQLOutputType, bool]:
    return (type_.of_type, True) if isinstance(type_, GraphQLNonNull) else (type_, False)


def _always(value: str) -> Callable[[object], str]:
    return lambda _: value


# Scalars whose values are JSON as they are: graphql-core gives these classes out unchanged.
_AS_THEY_ARE: Final = {
    "String": str,
    "ID": str,
    "Boolean": bool,
    "Date": str,
    "Hash": str,
    "Decimal": str,
    "Position": int,
}


def _leaf(
    type_: GraphQLOutputType,
) -> tuple[Callable[[Any, _Run], Any] | None, type | None]:  # Any: from a resolver's value to JSON
    if isinstance(type_, GraphQLEnumType):
        members: type[Enum] = type_.wrapped_cls  # type: ignore[attr-defined] # strawberry's
        # By the member's own name: an enum computes its hash in Python. Whatever is no member has none, or is refused.
        names = {one.name: type_.coerce_output_value(one) for one in members}
        return lambda value, _: names[value._name_] if value.__class__ is members else _not_covered(), None
    scalar = cast("GraphQLScalarType", type_)
    if scalar.name in _AS_THEY_ARE:
        return None, _AS_THEY_ARE[scalar.name]
    if scalar.name == "Int":
        return _small, None
    write = scalar.coerce_output_value
    return lambda value, _: write(value), None


def _not_covered() -> Never:
    raise Uncovered


def _small(value: object, _: _Run) -> int:
    # A boolean is an integer in Python and none in JSON.
    if isinstance(value, bool) or not isinstance(value, int) or not -_MAX_INT - 1 <= value <= _MAX_INT:
        raise Uncovered
    return value
