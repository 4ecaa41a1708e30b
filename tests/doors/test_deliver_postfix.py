"""Through a real Postfix and out again: what we sign still verifies (RFC 6376, RFC 8463).

It is an instance of its own in a temporary folder, bound to loopback, that hands every mail to one server of the test.
"""

import asyncio
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dkim
import pytest

from syndication.wiring import new_dkim_key
from tests.doors.ports import free_port
from tests.doors.smtp_server import Script
from tests.flows.newsroom import Newsroom, article

POSTFIX = shutil.which("postfix", path=f"{os.environ['PATH']}:/usr/sbin")

pytestmark = [
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


@contextmanager
def postfix(out: int) -> Iterator[int]:
    """Run an instance that hands all its mail to the port `out` of this machine; gives its own port."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="postfix-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o755)  # its daemons are another user
        for name in ("etc", "queue", "data"):
            (folder / name).mkdir()
        shutil.chown(folder / "data", "postfix")
        (folder / "etc/main.cf").write_text(MAIN.format(folder=folder, out=out))
        (folder / "etc/master.cf").write_text(MASTER.format(port=port))
        assert POSTFIX is not None
        command = [POSTFIX, "-c", str(folder / "etc")]
        begun = subprocess.run([*command, "start"], capture_output=True, text=True, check=False)
        assert begun.returncode == 0, begun.stderr
        try:
            yield port
        finally:
            subprocess.run([*command, "abort"], capture_output=True, check=True)


async def test_a_mail_with_both_signatures_verifies_after_a_real_postfix(tmp_path: Path) -> None:
    records: dict[bytes, bytes] = {}
    room = Newsroom(tmp_path)
    settings = "[dkim]\n"
    for kind in ("rsa", "ed25519"):
        made = new_dkim_key(str(room.config), kind, selector="", out=None, moment=room.moment)
        records[f"{made.name}.".encode()] = made.text.encode()
        settings += made.settings.partition("\n")[2] + "\n"
    room.write(
        "articles/bell.md",
        article("The bell: Überall hörbar", "2023-10-12", "Über  dem Hafen. \n\n.dots\n\n"),
    )
    await room.subscribe("ann@readers.example")

    async with Script() as last:
        with postfix(last.port) as port:
            room.configure(smtp=f"smtp+plain://127.0.0.1:{port}", more=settings)
            assert (await room.run("2023-W41")).sent == 1
            async with asyncio.timeout(60):
                while not last.taken:  # noqa: ASYNC110 - the event is there before the mail
                    await asyncio.sleep(0.05)
    (mail,) = last.taken
    assert b"\nReceived: " in b"\n" + mail.content
    assert re.findall(rb"\ba=([a-z0-9-]+);", mail.content) == [b"rsa-sha256", b"ed25519-sha256"]
    for index in range(2):
        assert dkim.DKIM(mail.content).verify(idx=index, dnsfunc=lambda name, timeout=5: records.get(name))
    changed = mail.content.replace(b"bell", b"ball")
    with pytest.raises(dkim.ValidationError):
        dkim.DKIM(changed).verify(dnsfunc=lambda name, timeout=5: records.get(name))
