"""Documents: parsed, bounded and validated once, then kept by their text.

A stranger may send anything, so that everything which can grow is bounded before it is walked: tokens and nesting by the
parser, depth and aliases here, in one pass over the document with a memo for each fragment. The order matters:
validation is the dearest step, and a bounded document has a bounded price.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from math import comb
from typing import TYPE_CHECKING, Final, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)

from archive.api.cost import Cost
from archive.api.errors import MAX_ERRORS, PARSE_FAILED, VALIDATION_FAILED
from archive.api.plans import Plans
from archive.api.shapes import shape_of, shared_tree, variables_of
from archive.domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from graphql import GraphQLSchema, SelectionSetNode, VariableDefinitionNode

    from archive.api.shapes import Shape


class Bounds(NamedTuple):
    """What a document may have of everything, and the fields and objects that its answer may.

    `fields` are those that are written. `repeats`: whether those of one name can be merged is looked at in pairs, so that the
    price of validation grows with the square of how often a name is repeated.
    """

    tokens: int
    comments: int
    depth: int
    aliases: int
    roots: int
    fragments: int
    directives: int
    fields: int
    repeats: int
    cost: int
    objects: int


# For everybody. The query by which tools read a schema is 15 deep; pages of a hundred with everything in them cost less.
OPEN: Final = Bounds(
    tokens=3_000,
    comments=1_000,
    depth=15,
    aliases=50,
    roots=20,
    fragments=50,
    directives=50,
    fields=500,
    repeats=20_000,
    cost=100_000,
    objects=5_000,
)
# For documents that an administrator has read before.
TRUSTED: Final = Bounds(
    tokens=40_000,
    comments=10_000,
    depth=25,
    aliases=500,
    roots=100,
    fragments=200,
    directives=500,
    fields=2_000,
    repeats=200_000,
    cost=1_000_000,
    objects=25_000,
)
# A tree and its plan take about two hundred times the room of their text.
KEPT_TEXT: Final = 128 * 1024
MAX_KEPT_TEXT: Final = 16 * 1024


# To compare two fragments takes about as long as this many pairs of fields.
_SPREAD_WEIGHT: Final = 3
# And two fields that have fields of their own.
_PARENT_WEIGHT: Final = 15

# Before the text of a shape: no document begins so.
_SHARED: Final = "\x00"
_SEEN: Final = 4_096


class DocumentSize(NamedTuple):
    """How large a document is, with what its fragments put in; `fields` are those that are written."""

    depth: int
    fields: int
    aliases: int
    roots: int


class Invalid(Exception):
    """A document that cannot be run, with what graphql-core says about it and the code for that."""

    def __init__(self, errors: Sequence[GraphQLError], code: str) -> None:
        self.errors = errors
        self.code = code
        super().__init__(code)


class Document(NamedTuple):
    """A valid document, its operations by name, and what was worked out for it."""

    tree: DocumentNode
    operations: dict[str, OperationDefinitionNode]
    costs: dict[str, Cost]
    size: DocumentSize
    plans: Plans
    bounds: Bounds

    def cost(self, name: str, variables: Mapping[str, object]) -> int:
        """What an operation may cost, or `Refused` where that is too much."""
        cost = self.costs[name].of(variables)
        if cost > self.bounds.cost:
            raise Refused("API-026", value=cost, limit=self.bounds.cost)
        return cost

    def operation_name(self, asked: str | None) -> str:
        """The name of the operation that is asked for, empty where the only one has none; `Refused` where it is not clear."""
        if asked in self.operations:
            return asked
        if asked or len(self.operations) != 1:
            raise Refused("API-014")
        return next(iter(self.operations))


class Documents:
    """The newest valid documents of one schema, by their text."""

    def __init__(self, schema: GraphQLSchema, bounds: Bounds = OPEN) -> None:
        self._schema = schema
        self._bounds = bounds
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._kept_text = 0
        # Hashes of shapes that were seen once.
        self._seen: set[int] = set()
        self._lock = threading.Lock()

    def get(self, text: str) -> Document:
        """The document, or `Invalid` or `Refused` with what is wrong with it."""
        with self._lock:
            document = self._kept.get(text)
            if document is not None:
                self._kept.move_to_end(text)
                return document
        document = read_document(text, self._schema, self._bounds)
        if len(text) <= MAX_KEPT_TEXT:
            self._keep(text, document)
        return document

    def like(self, text: str) -> tuple[Document, dict[str, object]] | None:
        """A document with variables in place of this one's literals, and these; None where there is none, or this one is kept.

        It is made when a shape is seen for the second time, from the document that had it then (see `Documents.get`).
        """
        if text in self._kept or len(text) > MAX_KEPT_TEXT:
            return None
        shape = shape_of(text)
        if shape is None:
            return None
        with self._lock:
            document = self._kept.get(_SHARED + shape.text)
            if document is not None:
                self._kept.move_to_end(_SHARED + shape.text)
                return document, variables_of(shape)
            seen = hash(shape.text)
            if seen not in self._seen:
                if len(self._seen) >= _SEEN:
                    self._seen.clear()
                self._seen.add(seen)
                return None
        self._share(text, shape)
        return None

    def _share(self, text: str, shape: Shape) -> None:
        try:
            document = read_document(text, self._schema, self._bounds)
        except (Invalid, Refused):
            # Whoever asked is told when it is read as it is.
            return
        tree = shared_tree(document.tree, self._schema, shape)
        # Where a field stands twice, its literals must be the same: with variables that is an error, and it is not shared.
        if tree is not None and not validate(self._schema, tree, max_errors=1):
            self._keep(_SHARED + shape.text, _prepared(tree, self._schema, document.size, self._bounds))

    def _keep(self, text: str, document: Document) -> None:
        with self._lock:
            if text not in self._kept:
                self._kept[text] = document
                self._kept_text += len(text)
            while self._kept_text > KEPT_TEXT:
                oldest, _ = self._kept.popitem(last=False)
                self._kept_text -= len(oldest)


def read_document(text: str, schema: GraphQLSchema, bounds: Bounds = OPEN) -> Document:
    """The document, or `Invalid` or `Refused` with what is wrong with it."""
    try:
        tree = parse(text, max_lexical_tokens=bounds.tokens, max_comments=bounds.comments)
        size = _must_be_small(tree, bounds)
        # No document with such an operation is valid here; that it would change something is the better answer.
        if any(one.operation is not OperationType.QUERY for one in _operations(tree)):
            raise Refused("API-013")
        errors = validate(schema, tree, max_errors=MAX_ERRORS, hide_suggestions=True)
    except GraphQLSyntaxError as error:
        raise _broken(error, bounds) from None
    except RecursionError:
        raise Refused("API-011", limit=bounds.depth) from None
    if errors:
        raise Invalid(errors, VALIDATION_FAILED)
    return _prepared(tree, schema, size, bounds)


def _prepared(tree: DocumentNode, schema: GraphQLSchema, size: DocumentSize, bounds: Bounds) -> Document:
    operations = {one.name.value if one.name else "": one for one in _operations(tree)}
    fragments = {one.name.value: one for one in tree.definitions if isinstance(one, FragmentDefinitionNode)}
    costs = {name: Cost(schema, one, fragments) for name, one in operations.items()}
    return Document(tree, operations, costs, size, Plans(tree), bounds)


def _operations(tree: DocumentNode) -> list[OperationDefinitionNode]:
    return [node for node in tree.definitions if isinstance(node, OperationDefinitionNode)]


def _broken(error: GraphQLSyntaxError, bounds: Bounds) -> Exception:
    # The parser says all that it refuses by one class; its sentences are pinned by a test.
    if "nested too deeply" in error.message:
        return Refused("API-011", limit=bounds.depth)
    if "Parsing aborted" in error.message:
        return Refused("API-010", limit=bounds.tokens)
    return Invalid([error], PARSE_FAILED)


class _Size(NamedTuple):
    """How deep the fields of a definition go, how many have an alias, and how many stand at its top."""

    depth: int
    aliases: int
    roots: int


class _Outline(NamedTuple):
    """A definition without its fragments: its size, its fields, and each fragment it spreads with the depth it is spread at.

    `names`: what its fields are called in the answer; `parents`: those of them that have fields of their own.
    """

    own: _Size
    fields: int
    directives: int
    spreads: list[tuple[str, int]]
    names: list[str]
    parents: list[str]


def _must_be_small(tree: DocumentNode, bounds: Bounds) -> DocumentSize:
    """Refuse what is too deep or has too many aliases once its fragments are put in: linear in the document."""
    fragments = {
        node.name.value: _outline(node.selection_set)
        for node in tree.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    if len(fragments) > bounds.fragments:
        raise Refused("API-024", value=len(fragments), limit=bounds.fragments)
    operations = [_outline(operation.selection_set) for operation in _operations(tree)]
    directives = sum(outline.directives for outline in (*fragments.values(), *operations))
    directives += sum(len(one.directives or ()) for one in _with_directives(tree))
    if directives > bounds.directives:
        raise Refused("API-025", value=directives, limit=bounds.directives)
    fields = sum(outline.fields for outline in (*fragments.values(), *operations))
    if fields > bounds.fields:
        raise Refused("API-016", value=fields, limit=bounds.fields)
    repeats = _repeats([*fragments.values(), *operations])
    if repeats > bounds.repeats:
        raise Refused("API-029", value=repeats, limit=bounds.repeats)
    sizes: dict[str, _Size] = {}
    for name in fragments:
        _measure(name, fragments, sizes)
    deepest = most_aliases = most_roots = 0
    for operation in operations:
        depth, aliases, roots = _put_together(operation, sizes)
        deepest, most_aliases, most_roots = max(deepest, depth), max(most_aliases, aliases), max(most_roots, roots)
        if depth > bounds.depth:
            raise Refused("API-011", limit=bounds.depth)
        if aliases > bounds.aliases:
            # Fragments in fragments make numbers that nobody can read.
            raise Refused("API-012", value=min(aliases, 10 * bounds.tokens), limit=bounds.aliases)
        if roots > bounds.roots:
            raise Refused("API-023", value=min(roots, 10 * bounds.tokens), limit=bounds.roots)
    return DocumentSize(deepest, fields, most_aliases, most_roots)


def _repeats(outlines: Sequence[_Outline]) -> int:
    """How many pairs of fields have one name, wherever they are, and how many pairs of spreads there are, weighed."""
    names = Counter(name for outline in outlines for name in outline.names)
    parents = Counter(name for outline in outlines for name in outline.parents)
    spreads = sum(len(outline.spreads) for outline in outlines)
    pairs, of_parents = (sum(comb(count, 2) for count in found.values()) for found in (names, parents))
    return pairs + _PARENT_WEIGHT * of_parents + _SPREAD_WEIGHT * comb(spreads, 2)


def _with_directives(
    tree: DocumentNode,
) -> Iterator[OperationDefinitionNode | FragmentDefinitionNode | VariableDefinitionNode]:
    """What may have directives besides fields and fragments in selections."""
    for one in tree.definitions:
        if isinstance(one, OperationDefinitionNode | FragmentDefinitionNode):
            yield one
            yield from one.variable_definitions or ()


def _outline(selection_set: SelectionSetNode) -> _Outline:
    deepest = aliases = fields = directives = roots = 0
    spreads = []
    names = []
    parents = []
    left = [(selection_set, 0)]
    while left:
        selections, depth = left.pop()
        fields += len(selections.selections)
        for node in selections.selections:
            directives += len(node.directives or ())
            if isinstance(node, FragmentSpreadNode):
                spreads.append((node.name.value, depth))
                continue
            below = depth
            if isinstance(node, FieldNode):
                below += 1
                deepest = max(deepest, below)
                roots += depth == 0
                aliases += node.alias is not None
                names.append((node.alias or node.name).value)
                if node.selection_set is not None:
                    parents.append(names[-1])
            inner: SelectionSetNode | None = node.selection_set  # type: ignore[attr-defined] # a field or an inline fragment
            if inner is not None:
                left.append((inner, below))
    return _Outline(_Size(deepest, aliases, roots), fields, directives, spreads, names, parents)


def _measure(name: str, fragments: dict[str, _Outline], sizes: dict[str, _Size]) -> None:
    """Measure a fragment after those it spreads. One that leads back to itself counts once; validation refuses it."""
    stack = [name]
    open_ones: set[str] = set()
    while stack:
        current = stack[-1]
        if current in sizes:
            stack.pop()
            continue
        if current not in open_ones:
            open_ones.add(current)
            stack += [
                inner
                for inner, _ in fragments[current].spreads
                if inner in fragments and inner not in sizes and inner not in open_ones
            ]
            continue
        sizes[current] = _put_together(fragments[current], sizes)
        stack.pop()


def _put_together(outline: _Outline, sizes: dict[str, _Size]) -> _Size:
    depth, aliases, roots = outline.own
    for name, at_depth in outline.spreads:
        size = sizes.get(name)
        if size is not None:
            depth = max(depth, at_depth + size.depth)
            aliases += size.aliases
            roots += size.roots if at_depth == 0 else 0
    return _Size(depth, aliases, roots)
