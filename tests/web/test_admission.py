"""The door of a worker: so many at a time, and whoever is turned away is told, while those who watch over the site come in."""

import asyncio
from typing import Any

from starlette.types import Message, Scope

from api.world import World
from archive.web.app import create_app
from archive.web.operation import Limits
from stories import ORIGIN

BODY = b'{"query": "{ archive { position } }"}'


def request(method: str, path: str) -> Scope:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())],
        "client": ("192.0.2.1", 1),
        "server": ("archive.example", 80),
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
    }


def test_beyond_as_many_as_are_let_in_the_next_is_told_to_come_again_and_is_served_when_it_does(world: World) -> None:
    app = create_app(world.sources, origin=ORIGIN, limits=Limits(concurrent_requests=2))

    async def ask(method: str, path: str, body: asyncio.Event) -> tuple[int, dict[str, str], bytes]:
        sent: list[Any] = []  # Any: messages of ASGI

        async def receive() -> Message:
            await body.wait()
            return {"type": "http.request", "body": BODY}

        async def send(message: Message) -> None:
            sent.append(message)

        await app(request(method, path), receive, send)
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], headers, sent[1]["body"]

    async def story() -> None:
        arrived, later = asyncio.Event(), asyncio.Event()
        arrived.set()
        slow = [asyncio.create_task(ask("POST", "/graphql", later)) for _ in range(2)]
        await asyncio.tasks.wait(slow, timeout=0)
        status, headers, body = await ask("POST", "/graphql", arrived)
        assert (status, headers["retry-after"]) == (503, "1")
        assert b'"LIMIT_CONCURRENT"' in body
        status, headers, body = await ask("GET", "/requests", arrived)
        assert status == 503
        assert b"WEB-013" in body
        assert [(await ask("GET", path, arrived))[0] for path in ("/healthz", "/metrics", "/version")] == [200] * 3
        later.set()
        assert [(await one)[0] for one in slow] == [200, 200]
        assert (await ask("POST", "/graphql", arrived))[0] == 200

    asyncio.run(story())
