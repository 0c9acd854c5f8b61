"""Appends in a process of its own: `appender.py HOME NUMBER COUNT`. Waits for a line on stdin, then writes a line an entry.

Each line is acknowledged when it is written: the command's id, and the position that it got.
"""

import sys
from pathlib import Path

from faults.homes import writing
from stories import AGENCY, Clerk

folder, number, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
clerk = Clerk(number)
with writing(folder, busy_seconds=60.0) as writer:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for one in range(count):
        command = clerk.open_section(f"section-{number}-{one}", agency=AGENCY)
        sys.stdout.write(f"{command.id} {writer.handle(command).first}\n")
        sys.stdout.flush()
