"""A bounce that a real Postfix makes goes back into the list by the pipe, set up by the very lines of the how-to.

The pipe runs as nobody, who may not run this Python: a few lines of Perl hand over what it got to the test, which runs the command.
"""

import asyncio
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.docs.pages import blocks, text
from tests.doors.postfix_server import MARKS, postfix
from tests.doors.smtp_server import Script, Step
from tests.flows.newsroom import Newsroom, article

PERL = shutil.which("perl", path="/usr/bin")

pytestmark = [
    pytest.mark.slow,
    *MARKS,
    pytest.mark.skipif(PERL is None, reason="there is no Perl for everybody"),
]

PAGE = "docs/how-to/bounces.md"
ANN = "ann@readers.example"
HANDED_OVER = """\
#!{perl}
use IO::Socket::UNIX;
my $test = IO::Socket::UNIX->new(Peer => "{folder}/socket") or exit 99;
print $test join("\\0", @ARGV) . "\\n";
print $test $_ while <STDIN>;
shutdown $test, 1;
exit <$test>;
"""


def block(begin: str) -> str:
    """The block of the page that begins so."""
    return next(each.body for each in blocks(PAGE) if each.body.startswith(begin))


def handing_over(folder: Path) -> Path:
    command = folder / "syndicate"
    command.write_text(HANDED_OVER.format(perl=PERL, folder=folder))
    for path in (folder, command):
        path.chmod(0o755)
    return command


@asynccontextmanager
async def piped(codes: list[int]) -> AsyncIterator[Path]:
    """What stands for the command: runs the real one with the same arguments and input, and keeps its exit codes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arguments = (await reader.readline()).decode().rstrip("\n").split("\0")
        message = await reader.read()
        real = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "syndication", *arguments, stdin=-1, stdout=-3, stderr=-3
        )
        await real.communicate(message)
        assert real.returncode is not None
        codes.append(real.returncode)
        writer.write(str(real.returncode).encode())
        writer.close()

    with tempfile.TemporaryDirectory(prefix="pipe-") as made:
        folder = Path(made)
        command = handing_over(folder)
        async with await asyncio.start_unix_server(serve, folder / "socket", limit=2**20):
            await asyncio.to_thread((folder / "socket").chmod, 0o777)
            yield command


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(300):
        while not true():  # noqa: ASYNC110 - Postfix tells nobody
            await asyncio.sleep(0.05)


async def test_a_bounce_of_postfix_comes_back_by_its_pipe_and_waits_while_it_cannot_be_kept(
    tmp_path: Path,
) -> None:
    room = Newsroom(tmp_path)
    room.write("articles/bell.md", article("The bell", "2023-10-12"))
    await room.subscribe(ANN)
    config, codes = room.write("config/pipe.toml", "[nonsense"), list[int]()
    dead = Script({"rcpt": [Step(f"550 5.1.1 <{ANN}>: no such user here")]})
    async with piped(codes) as command, dead as last:
        master = block("syndicate unix").replace("user=newsroom", "user=nobody")
        master = master.replace("/srv/newsroom/.venv/bin/syndicate", str(command))
        master = master.replace("/srv/newsroom/config/syndicate.toml", str(config))
        assert "/srv/" not in master
        plus = re.search(r"`(recipient_delimiter = \+)`", text(PAGE))
        assert plus
        with postfix(last.port, main=f"{block('syndicate_dest')}{plus[1]}\n", master=master) as relay:
            room.configure(smtp=f"smtp+plain://127.0.0.1:{relay.port}", more=block("[bounces]\naddress"))
            assert (await room.run("2023-W41")).sent == 1
            await until(lambda: "status=deferred" in relay.log)
            assert set(codes) == {75}
            config.write_text(room.config.read_text())
            async with asyncio.timeout(300):
                while codes[-1]:  # a flush passes by a mail that is not yet put aside
                    relay.flush()
                    await asyncio.sleep(1)
            await until(lambda: "relay=syndicate" in relay.log and "status=sent" in relay.log)
    async with room.app() as app:
        subscriber = await app.store.subscribers.get(ANN)
        assert subscriber
        (event,) = await app.store.bounces.of(subscriber.id)
    assert (subscriber.consent, event.source, event.status) == ("bounced", "mail", "5.1.1")
    assert "no such user here" in event.words
