"""The upload command, as a real process."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from syndication.errors import PublishError
from syndication.publish.after import run_after


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


async def test_the_command_runs_in_the_site_and_gets_its_arguments_as_they_are(tmp_path: Path) -> None:
    await run_after([*python("import sys; open('seen', 'w').write(sys.argv[1])"), "$HOME; *"], cwd=tmp_path)
    assert (tmp_path / "seen").read_text() == "$HOME; *"


async def test_no_command_is_nothing_to_do(tmp_path: Path) -> None:
    await run_after([], cwd=tmp_path)


async def test_a_failed_command_says_its_status_and_its_last_line(tmp_path: Path) -> None:
    code = "import sys; print('first\\n' * 100_000, file=sys.stderr); sys.exit('\\x1b[31mno such bucket\\x1b[0m\\n\\n')"
    with pytest.raises(PublishError, match=r"failed with exit status 1: no such bucket\.") as caught:
        await run_after(python(code), cwd=tmp_path)
    assert "No mail went out" in caught.value.hint
    assert caught.value.exit_code == 5


async def test_a_command_that_fails_silently_says_its_status(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match=r"failed with exit status 7\."):
        await run_after(python("raise SystemExit(7)"), cwd=tmp_path)


async def test_a_command_ended_by_a_signal_says_which(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="was ended by signal 9"):
        await run_after(python("import os; os.kill(os.getpid(), 9)"), cwd=tmp_path)


async def test_a_command_that_does_not_exist_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="cannot be started: No such file or directory"):
        await run_after(["no-such-upload-command"], cwd=tmp_path)


async def test_a_file_that_may_not_be_run_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "upload.sh").write_text("#!/bin/sh\n")
    with pytest.raises(PublishError, match="cannot be started: Permission denied"):
        await run_after(["./upload.sh"], cwd=tmp_path)


async def test_an_argument_with_a_zero_byte_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="cannot be started"):
        await run_after(["up\x00load"], cwd=tmp_path)


async def test_cancelling_ends_the_command(tmp_path: Path) -> None:
    code = "import os, time; open('pid', 'w').write(str(os.getpid())); os.rename('pid', 'running'); time.sleep(60)"
    task = asyncio.create_task(run_after(python(code), cwd=tmp_path))
    while not (tmp_path / "running").exists():  # noqa: ASYNC110 - another process makes it
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "running").read_text()), 0)
