"""Settings: defaults, then `archive.toml`, then `ARCHIVE_*`, then flags. An unknown name is an error."""

from __future__ import annotations

import json
import math
import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from archive.domain.codes import ORIGIN_PATTERN
from archive.domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive.storage.addresses import Address

FILE: Final = "archive.toml"
MAX_PORT: Final = 65_535
MAX_SECONDS: Final = 86_400
MAX_WORKERS: Final = 64
# Before the path of a socket, where a folder could stand.
SOCKET: Final = "unix:"
MAX_LAG: Final = 2**53 - 1
MAX_DRAIN_SECONDS: Final = 600
MAX_AT_LEAST_SECONDS: Final = 60
MAX_PINNED_SECONDS: Final = 31_536_000
MAX_KEPT_MEGABYTES: Final = 4_096
MAX_REQUESTS: Final = 1_000_000


def _are_networks(listed: str) -> bool:
    from archive.web.rates import networks  # noqa: PLC0415 - help must start without the server

    networks(listed)
    return True


class Setting(NamedTuple):
    """One setting: its type, its default, what it is for, and which values of its type will do."""

    kind: type
    default: object
    zh: str
    en: str
    will_do: Callable[[Any], bool] = lambda _: True  # Any: a value of `kind`


class Value(NamedTuple):
    """The value in force and where it comes from: default, file, environment or flag."""

    value: object
    source: str


SETTINGS: Final[dict[str, Setting]] = {
    "origin": Setting(
        str,
        "",
        "本日志的名称,写入每条记录,建立后不可更改。",
        "The log's name; it stands in every entry and never changes.",
    ),
    "log": Setting(
        str,
        "",
        "日志及各库所在的 PostgreSQL 地址(postgresql://…,不含密码);留空为档案文件夹中的文件。",
        "The PostgreSQL address of log, disclosures, vault and checkpoints (postgresql://…, without a password); empty: files in the home folder.",
    ),
    "log_read": Setting(
        str,
        "",
        "只读取时所用的 PostgreSQL 地址,如流复制的从库;留空同 log。只设此项而不设 log 的是查询节点,不写入也不签署。",
        "The PostgreSQL address that is read from, such as a streaming replica; empty: the same as `log`. A home with this and without `log` is a query node: nothing is entered or signed there.",
    ),
    "host": Setting(str, "127.0.0.1", "服务监听的地址。", "The address that `serve` listens on."),
    "port": Setting(
        int,
        8000,
        "服务监听的端口;0 表示任选空闲端口。",
        "The port that `serve` listens on; 0 takes a free one.",
        lambda port: 0 <= port <= MAX_PORT,
    ),
    "workers": Setting(
        int,
        1,
        "回答查询的进程数,最多 64。",
        "How many processes `serve` answers with, 64 at most.",
        lambda workers: 1 <= workers <= MAX_WORKERS,
    ),
    "notary": Setting(
        str,
        "",
        "公证文件夹,存放签名密钥;相对于档案文件夹,缺省为其旁的 <名称>.notary;公证人为另一进程时写 unix:套接字路径。",
        "The notary's folder, where the signer key is; relative to the home folder, or beside it as <name>.notary unless given; where the notary is a process of its own, unix: and the path of its socket.",
    ),
    "mirror_of": Setting(
        str,
        "",
        "镜像所跟随日志的验证密钥;由 archive mirror 写入,此处不写入也不签署。",
        "Of a mirror, the verifier key of the log that it follows; written by archive mirror, and nothing is entered or signed here.",
    ),
    "witnesses": Setting(
        str,
        "",
        "见证人策略文件(C2SP tlog-policy)的路径,相对于档案文件夹;缺省不请见证人。",
        "The policy file that names witnesses (C2SP tlog-policy), relative to the home folder; none are asked unless given.",
    ),
    "witness_seconds": Setting(
        float,
        5.0,
        "等待所有见证人的最长秒数;等待时间戳机构亦同。",
        "How many seconds all witnesses together are waited for, and after them the time-stamping authority.",
        lambda seconds: math.isfinite(seconds) and 0 < seconds <= MAX_SECONDS,
    ),
    "tsa": Setting(
        str,
        "",
        "时间戳机构(RFC 3161)的地址;缺省不取时间戳。",
        "The address of a time-stamping authority (RFC 3161); no time-stamps are asked for unless given.",
    ),
    "tsa_certificates": Setting(
        str,
        "tsa.pem",
        "验证时间戳的根证书文件(PEM),相对于档案文件夹。",
        "The file of the root certificates that time-stamps are verified by (PEM), relative to the home folder.",
    ),
    "publish_seconds": Setting(
        float,
        1.0,
        "`serve` 签署新条目的最短间隔秒数;公众只见已签署的。",
        "How many seconds pass at least between two checkpoints that `serve` has signed; the public sees what is signed.",
        lambda seconds: math.isfinite(seconds) and 0 < seconds <= MAX_SECONDS,
    ),
    "busy_seconds": Setting(
        float,
        5.0,
        "等待另一个写入进程的秒数。",
        "How many seconds to wait for another process that writes.",
        # SQLite counts milliseconds in 32 bits.
        lambda seconds: math.isfinite(seconds) and 0 <= seconds <= MAX_SECONDS,
    ),
    "ready_lag": Setting(
        int,
        10_000,
        "投影可以落后多少条记录;超过时 `/readyz` 回答 503。",
        "How many entries the projections may be behind; beyond it `/readyz` answers 503.",
        lambda entries: 0 <= entries <= MAX_LAG,
    ),
    "ready_seconds": Setting(
        float,
        30.0,
        "从库可以落后多少秒;超过时 `/readyz` 回答 503。",
        "How many seconds a replica may be behind; beyond it `/readyz` answers 503.",
        lambda seconds: math.isfinite(seconds) and 0 <= seconds <= MAX_SECONDS,
    ),
    "at_least_seconds": Setting(
        float,
        2.0,
        "带 atLeast 的查询最多等待多少秒。",
        "How many seconds a query with `atLeast` waits for its position.",
        lambda seconds: math.isfinite(seconds) and 0 <= seconds <= MAX_AT_LEAST_SECONDS,
    ),
    "drain_seconds": Setting(
        float,
        0.0,
        "收到 SIGTERM 后继续接受连接的秒数;其间 `/readyz` 回答 503。",
        "How many seconds `serve` goes on taking connections after SIGTERM; `/readyz` answers 503 meanwhile.",
        lambda seconds: math.isfinite(seconds) and 0 <= seconds <= MAX_DRAIN_SECONDS,
    ),
    "operations_port": Setting(
        int,
        0,
        "仅在 127.0.0.1 上监听的端口,另外显示 `/slow`;0 表示不设。",
        "A port on 127.0.0.1 alone, where `/slow` is shown too; 0 means none.",
        lambda port: 0 <= port <= MAX_PORT,
    ),
    "pinned_seconds": Setting(
        int,
        3_600,
        "截至某一位置的回答可由他处缓存的秒数;删除的文字至多这么久之后从缓存中消失。",
        "How many seconds others may cache an answer of a given position; a text that is erased is gone from caches after that.",
        lambda seconds: 0 <= seconds <= MAX_PINNED_SECONDS,
    ),
    "kept_megabytes": Setting(
        int,
        32,
        "每个工作进程在内存中保存回答的上限,MiB;0 表示不保存。",
        "How many MiB of answers each worker keeps in memory; 0 means none.",
        lambda megabytes: 0 <= megabytes <= MAX_KEPT_MEGABYTES,
    ),
    "answer_seconds": Setting(
        float,
        10.0,
        "一次回答最多读取多少秒;超过时停止并回答 503。",
        "How many seconds an answer may read; beyond it the reading is given up and the answer is 503.",
        lambda seconds: math.isfinite(seconds) and 0 < seconds <= MAX_SECONDS,
    ),
    "concurrent_requests": Setting(
        int,
        1_000,
        "每个工作进程同时回答的请求数上限;超过时回答 503。",
        "How many requests each worker answers at a time; beyond it the answer is 503.",
        lambda requests: 1 <= requests <= MAX_REQUESTS,
    ),
    "requests_per_minute": Setting(
        int,
        0,
        "每个客户端地址每分钟可发的请求数;超过时回答 429。0 表示不限,可由代理限制。",
        "How many requests a minute each client's address may make; beyond it the answer is 429. 0 means any number, which a proxy may limit.",
        lambda requests: 0 <= requests <= MAX_REQUESTS,
    ),
    "proxies": Setting(
        str,
        "",
        "可信代理的地址或网段,以逗号分隔;只采信它们所写的 X-Forwarded-For。",
        "The addresses or networks of proxies, apart by commas, whose X-Forwarded-For is believed; nobody else's is.",
        _are_networks,
    ),
    "documents": Setting(
        str,
        "",
        "已登记查询文档(*.graphql)的文件夹,相对于档案文件夹;以 documentId 查询,限额更高。缺省无。",
        "The folder of registered documents (*.graphql), relative to the home folder; they are asked for by `documentId`, with larger limits. None unless given.",
    ),
}


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"ARCHIVE_{name.upper()}"


def load(home: Path, *, flags: dict[str, object] | None = None) -> dict[str, Value]:
    """Every setting in force for this home folder."""
    values = {name: Value(setting.default, "default") for name, setting in SETTINGS.items()}
    for name, value in _from_file(home / FILE).items():
        values[name] = Value(_checked(name, value), "file")
    for name in SETTINGS:
        given = os.environ.get(variable(name))
        if given is not None:
            values[name] = Value(_parsed(name, given), "environment")
    for name, value in (flags or {}).items():
        if value is not None:
            values[name] = Value(_checked(name, value), "flag")
    check_origin(str(values["origin"].value))
    for name in ("log", "log_read"):
        log_address(str(values[name].value), name=name)
    return values


def check_origin(origin: str) -> None:
    """`Refused` CFG-003 for a name that no log can have."""
    if not re.match(ORIGIN_PATTERN, origin):
        raise Refused("CFG-003", name="origin")


def notary_folder(home: Path, setting: str) -> Path:
    """Where the notary of a home is."""
    home = home.absolute()
    # Lexically: of a home that is not there yet, ".." leads somewhere too.
    return Path(os.path.normpath(home / setting)) if setting else home.with_name(f"{home.name}.notary")


def documents_folder(home: Path, setting: str) -> Path | None:
    """Where registered documents are, if there are any."""
    return home.absolute() / setting if setting else None


def log_address(log: str, *, name: str = "log") -> Address | None:
    """The address that a setting holds, if it holds one. CFG-003, CFG-005: see checked_address."""
    if not log:
        return None
    from archive.storage.addresses import checked_address  # noqa: PLC0415 - help must start without the stores

    return checked_address(log, name=name)


def write(  # noqa: PLR0913 - what a new home can differ in
    home: Path,
    *,
    origin: str,
    notary: str = "",
    vkey: str = "",
    log: Address | None = None,
    log_read: Address | None = None,
) -> None:
    """The file of a new home; what is not named in it keeps its default. It is there whole or not at all."""
    check_origin(origin)
    new = home / f"{FILE}.new"
    with new.open("w", encoding="utf-8") as file:
        file.write(f'origin = "{origin}"\n')
        given = {"notary": notary, "mirror_of": vkey, "log": str(log or ""), "log_read": str(log_read or "")}
        for name, value in given.items():
            if value:
                # Of a string, TOML and JSON have the same form.
                file.write(f"{name} = {json.dumps(value, ensure_ascii=False)}\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(home / FILE)


def _from_file(path: Path) -> dict[str, Any]:  # Any: TOML values, checked one by one
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise Refused("LOG-006", path=path) from None
    except OSError:
        raise Refused("CFG-004", path=path) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise Refused("CFG-002", path=path) from None
    for name in found:
        if name not in SETTINGS:
            raise Refused("CFG-001", name=name, names=", ".join(SETTINGS))
    return found


def _parsed(name: str, given: str) -> object:
    try:
        return _checked(name, SETTINGS[name].kind(given))
    except (Refused, ValueError):
        raise Refused("CFG-003", name=variable(name)) from None


def _checked(name: str, value: object) -> object:
    setting = SETTINGS[name]
    if setting.kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, setting.kind) or isinstance(value, bool) or not setting.will_do(value):
        raise Refused("CFG-003", name=name)
    return value
