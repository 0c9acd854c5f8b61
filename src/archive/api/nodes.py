"""Objects with an id."""

from __future__ import annotations

import strawberry


@strawberry.interface(description="An object with an id that never changes (有编号的对象).")
class Node:
    """Relay's Node."""

    id: strawberry.ID = strawberry.field(description="The object's id (编号), the same at every position.")
