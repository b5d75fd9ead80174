"""A real PostgreSQL for tests: the machine's own where its programs are found, else the one that `pgserver` carries.

It is started when it is first asked for, listens on loopback, and ends with the process; its files with it.
"""

import atexit
import getpass
import os
import shutil
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

from tests.serving import free_port

START_S = 60
UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root."""


@cache
def postgres_url() -> str:
    """The URL of a running server, for SQLAlchemy. Raises RuntimeError when it does not start."""
    folder = Path(tempfile.mkdtemp(prefix="pitcrew-postgres-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if shutil.which("initdb") and shutil.which("postgres"):
        return _of_the_machine(folder)
    import pgserver

    server = pgserver.get_server(folder / "data")
    atexit.register(server.cleanup)
    return server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)


def _of_the_machine(folder: Path) -> str:
    user = UNPRIVILEGED if os.geteuid() == 0 else getpass.getuser()
    if os.geteuid() == 0:
        shutil.chown(folder, user)
    data, port, log = folder / "data", free_port(), folder / "log"
    as_user = {"user": user} if os.geteuid() == 0 else {}
    subprocess.run(
        ["initdb", "-D", data, "-U", "pitcrew", "--auth=trust", "-E", "UTF8", "--no-sync"],
        check=True, capture_output=True, cwd=folder, timeout=START_S, **as_user,
    )  # fmt: skip
    with log.open("wb") as output:
        server = subprocess.Popen(
            ["postgres", "-D", data, "-k", folder, "-p", str(port), "-h", "127.0.0.1", "-F"],
            stdout=output, stderr=output, cwd=folder, **as_user,
        )  # fmt: skip
    atexit.register(_stop, server)
    deadline = time.monotonic() + START_S
    while b"ready to accept connections" not in log.read_bytes():
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')[-500:]}")
        time.sleep(0.05)
    return f"postgresql+psycopg://pitcrew@127.0.0.1:{port}/postgres"


def _stop(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    server.wait(START_S)
