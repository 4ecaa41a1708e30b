"""A real Postfix: an instance of its own in a temporary folder, bound to loopback, that hands every mail to one server of the test."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.doors.ports import free_port

__all__ = ["MARKS", "Postfix", "postfix"]

POSTFIX = shutil.which("postfix", path=f"{os.environ['PATH']}:/usr/sbin")

MARKS = [
    pytest.mark.skipif(POSTFIX is None, reason="postfix is not installed"),
    pytest.mark.skipif(os.getuid() != 0, reason="Postfix starts as root only"),
]

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.harbour.example
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
default_transport = smtp
relayhost = [127.0.0.1]:{out}
"""
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup  unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr    unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce  unix - - n - 0 bounce
defer   unix - - n - 0 bounce
trace   unix - - n - 0 bounce
smtp    unix - - n - - smtp
error   unix - - n - - error
retry   unix - - n - - error
anvil   unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class Postfix:
    """A running instance: its port, and what it does when it is told."""

    port: int
    folder: Path

    def flush(self) -> None:
        """Try again at once what is deferred."""
        _postfix(self.folder, "flush")

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()


@contextmanager
def postfix(out: int, *, main: str = "", master: str = "") -> Iterator[Postfix]:
    """Run an instance that hands its mail to the port `out` of this machine. `main` and `master` are further lines of its configuration."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="postfix-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o755)  # its daemons are another user
        for name in ("etc", "queue", "data"):
            (folder / name).mkdir()
        shutil.chown(folder / "data", "postfix")
        (folder / "etc/main.cf").write_text(MAIN.format(folder=folder, out=out) + main)
        (folder / "etc/master.cf").write_text(MASTER.format(port=port) + master)
        _postfix(folder, "start")
        try:
            yield Postfix(port, folder)
        finally:
            _postfix(folder, "abort")


def _postfix(folder: Path, verb: str) -> None:
    assert POSTFIX is not None
    done = subprocess.run(
        [POSTFIX, "-c", str(folder / "etc"), verb], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
