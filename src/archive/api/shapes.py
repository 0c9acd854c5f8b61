"""Documents that differ in their literals alone share one that has variables in their place.

    shape = shape_of(text)                     the text without its strings and whole numbers, and these
    shared = Shared.of(document, shape)        the document with variables for them; None where that cannot be said safely
    shared.variables(shape)                    what the variables are for another document of this shape

A document that is shared is answered by its plan or not at all: whatever a plan does not answer (an error, with its place
in the text) is read anew as it was written.

Rules
- Only what stands between plain quotes, and whole numbers that a machine holds, are taken out. Whatever is written in another
  way stays in the shape, so that two documents of one shape are both GraphQL or neither is.
- A literal is taken out of arguments of fields alone. Defaults of variables and arguments of directives stay.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLNonNull,
    IntValueNode,
    NameNode,
    OperationDefinitionNode,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse_type,
    visit,
)

if TYPE_CHECKING:
    from graphql import GraphQLSchema, Node

# No escape, no line break, no control character, no half of a pair: graphql-core would look at these.
_LITERAL: Final = re.compile(
    r'"[^"\\\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff]*"|(?<![_0-9A-Za-z.$"-])-?(?:0|[1-9][0-9]{0,14})(?![_0-9A-Za-z.])'
)
# A comment may hold a quote, a block string many; an escape is read by graphql-core.
_UNUSUAL: Final = re.compile(r'[#\\]|""')
_PREFIX: Final = "_literal_"
MAX_LITERALS: Final = 50


class Shape(NamedTuple):
    """A text without its literals, and the literals as they are written."""

    text: str
    literals: tuple[str, ...]


def shape_of(text: str) -> Shape | None:
    """The shape of a document; None where it has no literals, or some that are not plain."""
    if _UNUSUAL.search(text) or _PREFIX in text:
        return None
    literals: list[str] = []

    def take(found: re.Match[str]) -> str:
        literals.append(found[0])
        return '"' if found[0][0] == '"' else "0"

    shape = _LITERAL.sub(take, text)
    return Shape(shape, tuple(literals)) if 0 < len(literals) <= MAX_LITERALS else None


def variables_of(shape: Shape) -> dict[str, object]:
    """What the variables of a shared document are for this one."""
    return {f"{_PREFIX}{number}": one[1:-1] if one[0] == '"' else int(one) for number, one in enumerate(shape.literals)}


def shared_tree(tree: DocumentNode, schema: GraphQLSchema, shape: Shape) -> DocumentNode | None:
    """The document with a variable for each literal of its shape; None where a literal stands where none may be taken out."""
    taking = _Taking(TypeInfo(schema))
    found: DocumentNode = visit(tree, TypeInfoVisitor(taking.types, taking))
    if taking.is_elsewhere or len(taking.definitions) != len(shape.literals):
        return None
    definitions = [
        _with_variables(one, taking.definitions) if isinstance(one, OperationDefinitionNode) else one
        for one in found.definitions
    ]
    return DocumentNode(definitions=tuple(definitions), loc=found.loc)


def _with_variables(operation: OperationDefinitionNode, more: list[VariableDefinitionNode]) -> OperationDefinitionNode:
    return OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=(*(operation.variable_definitions or ()), *more),
        directives=operation.directives,
        selection_set=operation.selection_set,
        loc=operation.loc,
    )


class _Taking(Visitor):
    """Takes literals out, in the order in which they are written."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.types = types
        self.definitions: list[VariableDefinitionNode] = []
        self.is_elsewhere = False
        self._within = 0

    def enter(self, node: Node, *_: object) -> Any:  # noqa: ANN401 - Any: what a visitor answers
        if isinstance(node, DirectiveNode | VariableDefinitionNode):
            self._within += 1
        elif isinstance(node, IntValueNode | StringValueNode):
            type_ = self.types.get_input_type()
            if self._within or type_ is None:
                self.is_elsewhere = True
                return None
            bare = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
            variable = VariableNode(name=NameNode(value=f"{_PREFIX}{len(self.definitions)}"))
            # It always has a value; and what may be left out nowhere may stand anywhere.
            self.definitions.append(VariableDefinitionNode(variable=variable, type=parse_type(f"{bare}!")))
            return variable
        return None

    def leave(self, node: Node, *_: object) -> None:
        if isinstance(node, DirectiveNode | VariableDefinitionNode):
            self._within -= 1
