"""Variables and arguments, read with what was worked out before the request.

    variables = Variables(operation)          kept with a plan
    values = variables.read(given)            what graphql-core's get_variable_values gives, or `Unusual`
    arguments = Arguments(field, node)
    arguments.read(values)                    what its get_argument_values gives, or `Unusual`

Whatever is not plainly right is `Unusual`: an error, a value that has to be turned into another, a default that has to be
found. Then graphql-core reads it, and tells what is wrong with it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    VariableNode,
    is_required_argument,
    is_required_input_field,
    type_from_ast,
)
from graphql.execution.values import VariableValues, get_argument_values
from graphql.utilities import coerce_input_literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphql import ArgumentNode, GraphQLInputType, GraphQLSchema, OperationDefinitionNode, ValueNode

# Of a document without variables.
NO_VALUES: Final = VariableValues({}, {})


class Unusual(Exception):
    """graphql-core has to read it."""


class Variables:
    """The variables of an operation."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._taken: list[tuple[str, Callable[[Any], Any], bool]] = []  # Any: from JSON to what resolvers take
        for one in operation.variable_definitions or ():
            type_ = type_from_ast(schema, one.type)
            has_default = one.default_value is not None
            self._taken.append(
                (one.variable.name.value, _taking(type_), has_default or isinstance(type_, GraphQLNonNull))
            )

    def read(self, given: Mapping[str, object]) -> VariableValues:
        """The values of the variables, or `Unusual`."""
        values = {}
        for name, take, is_wanted in self._taken:
            value = given.get(name, Undefined)
            if value is not Undefined:
                values[name] = take(value)
            elif is_wanted:
                raise Unusual
        # Where a value comes from is of interest only when something is wrong with it.
        return VariableValues({}, values)


class Arguments:
    """The arguments of a field."""

    def __init__(self, field: GraphQLField, node: FieldNode) -> None:
        self._field = field
        given = node.arguments or ()
        self._read = [
            (one.name.value, _literal(one.value, field.args[one.name.value].type), _is_wanted(field, one))
            for one in given
            if _varies(one.value)
        ]
        varying = {name for name, *_ in self._read}
        # What is the same in every request, defaults with it: read once, by graphql-core.
        others = GraphQLField(field.type, {name: one for name, one in field.args.items() if name not in varying})
        same = FieldNode(name=node.name, arguments=tuple(one for one in given if one.name.value not in varying))
        self._same = get_argument_values(others, same, NO_VALUES, hide_suggestions=True)

    @property
    def are_fixed(self) -> bool:
        """Whether they are the same whatever the variables."""
        return not self._read

    def read(self, values: VariableValues) -> dict[str, Any]:  # Any: what resolvers take
        """The arguments by their names, or `Unusual`."""
        coerced = values.coerced
        found = dict(self._same)
        for name, read, is_wanted in self._read:
            value = read(coerced)
            if value is not Undefined:
                found[name] = value
            elif is_wanted:
                raise Unusual
        return found


def _is_wanted(field: GraphQLField, node: ArgumentNode) -> bool:
    """Whether an argument must have a value, or has one when none is given."""
    described = field.args[node.name.value]
    return is_required_argument(described) or described.default_value is not Undefined or described.default is not None


def _varies(node: ValueNode) -> bool:
    """Whether there is a variable in a literal."""
    left = [node]
    while left:
        one = left.pop()
        if isinstance(one, VariableNode):
            return True
        if isinstance(one, ListValueNode):
            left += one.values
        elif isinstance(one, ObjectValueNode):
            left += [field.value for field in one.fields]
    return False


# --- what is in the document --------------------------------------------------------------------------------------------
def _literal(
    node: ValueNode, type_: GraphQLInputType
) -> Callable[[Mapping[str, Any]], Any]:  # Any: what resolvers take
    """How a literal with variables is read; `Undefined` for a variable without a value."""
    if isinstance(node, VariableNode):
        return partial(_variable, node.name.value, is_required=isinstance(type_, GraphQLNonNull))
    bare = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if isinstance(node, ListValueNode) and isinstance(bare, GraphQLList):
        return partial(_all_of, [_part(one, bare.of_type) for one in node.values])
    if isinstance(node, ObjectValueNode) and isinstance(bare, GraphQLInputObjectType) and not _has_defaults(bare):
        written = {one.name.value: one.value for one in node.fields}
        parts = [(name, _part(written[name], field.type)) for name, field in bare.fields.items() if name in written]
        return partial(_object_of, parts, bare)
    return _unusual


def _part(node: ValueNode, type_: GraphQLInputType) -> Callable[[Mapping[str, Any]], Any]:  # Any: as above
    if _varies(node):
        return _literal(node, type_)
    value = coerce_input_literal(node, type_)
    return lambda _: value


def _variable(name: str, coerced: Mapping[str, Any], *, is_required: bool) -> object:  # Any: as above
    value = coerced.get(name, Undefined)
    if value is None and is_required:
        raise Unusual
    return value


def _all_of(parts: list[Callable[[Mapping[str, Any]], Any]], coerced: Mapping[str, Any]) -> object:  # Any: as above
    found = [read(coerced) for read in parts]
    if any(value is Undefined for value in found):
        raise Unusual
    return found


def _object_of(
    parts: list[tuple[str, Callable[[Mapping[str, Any]], Any]]],  # Any: as above
    type_: GraphQLInputObjectType,
    coerced: Mapping[str, Any],  # Any: as above
) -> object:
    found = {name: read(coerced) for name, read in parts}
    if any(value is Undefined for value in found.values()):
        raise Unusual
    return _finished(found, type_)


def _finished(found: dict[str, Any], type_: GraphQLInputObjectType) -> object:  # Any: as above
    if type_.is_one_of and (len(found) != 1 or None in found.values()):
        raise Unusual
    return type_.out_type(found)


def _has_defaults(type_: GraphQLInputObjectType) -> bool:
    return any(one.default_value is not Undefined or one.default is not None for one in type_.fields.values())


# --- what comes with the request ----------------------------------------------------------------------------------------
def _taking(type_: object) -> Callable[[Any], Any]:  # Any: from JSON to what resolvers take
    if isinstance(type_, GraphQLNonNull):
        return partial(_required, _taking(type_.of_type))
    if isinstance(type_, GraphQLList):
        return partial(_nullable, partial(_each, _taking(type_.of_type)))
    if isinstance(type_, GraphQLInputObjectType):
        if _has_defaults(type_):
            return _unusual
        required = frozenset(name for name, one in type_.fields.items() if is_required_input_field(one))
        taken = {name: _taking(one.type) for name, one in type_.fields.items()}
        return partial(_nullable, partial(_members, taken, required, type_))
    if isinstance(type_, GraphQLScalarType | GraphQLEnumType):
        plain = _PLAIN.get(type_.name)
        return partial(_nullable, partial(_coerced, type_) if plain is None else partial(_of_class, plain))
    return _unusual


# Scalars whose values JSON has as they are, and the class of such a value. An Int may be too large, and is looked at.
_PLAIN: Final = {"String": str, "ID": str, "Boolean": bool}


def _of_class(kind: type, value: object) -> object:
    if value.__class__ is not kind:
        raise Unusual
    return value


def _required(take: Callable[[Any], Any], value: object) -> object:  # Any: see `_taking`
    if value is None:
        raise Unusual
    return take(value)


def _nullable(take: Callable[[Any], Any], value: object) -> object:  # Any: see `_taking`
    return None if value is None else take(value)


def _each(take: Callable[[Any], Any], values: object) -> object:  # Any: see `_taking`
    if not isinstance(values, list):
        raise Unusual
    return [take(one) for one in values]


def _members(
    taken: dict[str, Callable[[Any], Any]],  # Any: see `_taking`
    required: frozenset[str],
    type_: GraphQLInputObjectType,
    values: object,
) -> object:
    if not isinstance(values, dict) or not taken.keys() >= values.keys() or not required <= values.keys():
        raise Unusual
    return _finished({name: take(values[name]) for name, take in taken.items() if name in values}, type_)


def _coerced(type_: GraphQLScalarType | GraphQLEnumType, value: object) -> object:
    try:
        return cast("GraphQLScalarType", type_).coerce_input_value(value)
    except Exception as error:  # whatever is wrong with it, graphql-core says so
        raise Unusual from error


def _unusual(_: object) -> object:
    raise Unusual
