"""The folder on a real disk: atomic, untouched when unchanged, closed against paths that lead out."""

import errno
import gzip
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from syndication.errors import PublishError
from syndication.publish.folder import Folder, _reported


def snapshot(root: Path) -> dict[str, tuple[bytes, int, int]]:
    return {
        str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)
        for path in root.rglob("*")
        if path.is_file()
    }


def test_a_file_is_written_with_its_compressed_twin(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "feeds")
    assert folder.write("hot/rss.xml", b"<rss/>") is True
    assert (tmp_path / "feeds/hot/rss.xml").read_bytes() == b"<rss/>"
    assert gzip.decompress((tmp_path / "feeds/hot/rss.xml.gz").read_bytes()) == b"<rss/>"
    assert folder.changed == ["hot/rss.xml"]


def test_the_same_bytes_leave_both_files_untouched(tmp_path: Path) -> None:
    Folder(tmp_path).write("rss.xml", b"<rss/>")
    before = snapshot(tmp_path)
    folder = Folder(tmp_path)
    assert folder.write("rss.xml", b"<rss/>") is False
    assert snapshot(tmp_path) == before
    assert folder.changed == []


def test_the_compressed_bytes_depend_on_the_data_alone(tmp_path: Path) -> None:
    Folder(tmp_path / "a").write("rss.xml", b"<rss/>" * 50)
    time.sleep(1.1)  # gzip's header counts seconds
    Folder(tmp_path / "b").write("rss.xml", b"<rss/>" * 50)
    assert (tmp_path / "a/rss.xml.gz").read_bytes() == (tmp_path / "b/rss.xml.gz").read_bytes()


def test_a_changed_file_replaces_both(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("feed.json", b'{"a":1}')
    assert folder.write("feed.json", b'{"a":2}') is True
    assert (tmp_path / "feed.json").read_bytes() == b'{"a":2}'
    assert gzip.decompress((tmp_path / "feed.json.gz").read_bytes()) == b'{"a":2}'


def test_whoever_reads_the_old_file_meanwhile_reads_it_to_its_end(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("rss.xml", b"old " * 1000)
    with (tmp_path / "rss.xml").open("rb") as reader, (tmp_path / "rss.xml.gz").open("rb") as packed:
        folder.write("rss.xml", b"new")
        assert reader.read() == b"old " * 1000
        assert gzip.decompress(packed.read()) == b"old " * 1000


def test_a_compressed_twin_that_a_stop_left_behind_is_made_again(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("rss.xml", b"old, old")
    (tmp_path / "rss.xml").write_bytes(b"the new")  # the stop came after the first of the two
    assert folder.write("rss.xml", b"the new") is True
    assert gzip.decompress((tmp_path / "rss.xml.gz").read_bytes()) == b"the new"
    (tmp_path / "rss.xml.gz").write_bytes(b"")
    folder.write("rss.xml", b"the new")
    assert gzip.decompress((tmp_path / "rss.xml.gz").read_bytes()) == b"the new"


def test_an_image_has_no_compressed_twin_and_files_may_be_read_by_the_web_server(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        Folder(tmp_path).write("media/a.jpg", b"jpeg")
    finally:
        os.umask(mask)
    assert [path.name for path in (tmp_path / "media").iterdir()] == ["a.jpg"]
    assert (tmp_path / "media/a.jpg").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    "path",
    [
        "../out.xml",
        "a/../../out.xml",
        "/etc/out.xml",
        "",
        ".",
        "a//b.xml",
        "a/",
        "a\x00.xml",
        "a\nb.xml",
        "a\\b.xml",
    ],
)
def test_a_path_that_leaves_the_folder_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(PublishError, match="not inside the feeds folder"):
        Folder(tmp_path / "feeds").write(path, b"x")
    assert [*tmp_path.rglob("*.xml")] == []


def test_a_link_inside_the_folder_does_not_lead_out(tmp_path: Path) -> None:
    (tmp_path / "feeds").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "feeds/hot").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PublishError, match="not inside"):
        Folder(tmp_path / "feeds").write("hot/rss.xml", b"x")
    assert [*(tmp_path / "elsewhere").iterdir()] == []


def test_a_temporary_file_of_a_killed_writer_is_written_over(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("rss.xml", b"old")
    (tmp_path / ".rss.xml.new").write_bytes(b"half of something much longer than what comes")
    folder.write("rss.xml", b"new")
    assert (tmp_path / "rss.xml").read_bytes() == b"new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rss.xml", "rss.xml.gz"]


WRITER = """
import sys
from pathlib import Path
from syndication.publish.folder import Folder
folder = Folder(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    for letter in b"ab":
        folder.write("media/big", bytes([letter]) * 8_000_000)
"""


def test_a_writer_killed_anywhere_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    for pause in (0.01, 0.03, 0.06, 0.1):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
            while not (tmp_path / "media/big").exists():
                time.sleep(0.005)
            time.sleep(pause)
            writer.send_signal(signal.SIGKILL)
        assert (tmp_path / "media/big").read_bytes() in {b"a" * 8_000_000, b"b" * 8_000_000}


def test_a_disk_that_takes_no_more_is_one_sentence_and_the_old_file_stays(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("rss.xml", b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(
            PublishError, match=r"^The file rss\.xml cannot be written to the feeds folder: File too large\. "
        ) as caught:
            folder.write("rss.xml", b"n" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert caught.value.hint
    assert (tmp_path / "rss.xml").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rss.xml", "rss.xml.gz"]
    assert folder.changed == ["rss.xml"]


def test_a_folder_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "feeds").write_bytes(b"")
    with pytest.raises(PublishError, match="cannot be written to the feeds folder"):
        Folder(tmp_path / "feeds").write("rss.xml", b"x")


def test_a_target_that_is_a_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "rss.xml").mkdir()
    with pytest.raises(PublishError, match="cannot be written"):
        Folder(tmp_path).write("rss.xml", b"x")


def test_what_to_do_fits_what_the_disk_said() -> None:
    with pytest.raises(PublishError, match="No space left on device") as caught, _reported("rss.xml"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.hint.startswith("Make room")


def test_images_are_copied_once(tmp_path: Path) -> None:
    media = tmp_path / "var/media"
    media.mkdir(parents=True)
    (media / "0a.jpg").write_bytes(b"jpeg")
    (media / "0b.png").write_bytes(b"png")
    folder = Folder(tmp_path / "feeds")
    assert folder.copy_media(["0a.jpg", "0b.png"], media) == 2
    assert folder.changed == ["media/0a.jpg", "media/0b.png"]
    before = snapshot(tmp_path / "feeds")
    again = Folder(tmp_path / "feeds")
    assert again.copy_media(["0a.jpg", "0b.png"], media) == 0
    assert snapshot(tmp_path / "feeds") == before
    assert again.changed == again.missing == []


def test_an_image_that_is_gone_is_named_and_the_others_are_copied(tmp_path: Path) -> None:
    (tmp_path / "0b.png").write_bytes(b"png")
    folder = Folder(tmp_path / "feeds")
    assert folder.copy_media(["0a.jpg", "0b.png"], tmp_path) == 1
    assert folder.missing == ["0a.jpg"]


@pytest.mark.parametrize("name", ["../secret.keys", "a/b.jpg", ".hidden", "", "a\n.jpg"])
def test_a_name_that_collecting_never_gives_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.keys").write_bytes(b"key")
    with pytest.raises(PublishError, match="not a name that collecting gives"):
        Folder(tmp_path / "feeds").copy_media([name], tmp_path / "media")


def test_a_folder_in_front_of_another_reads_there_and_writes_only_what_differs(tmp_path: Path) -> None:
    published = Folder(tmp_path / "feeds")
    for path in ("same.xml", "other.xml", "gone.xml", "media/1f.png"):
        published.write(path, path.encode())
    before = snapshot(tmp_path / "feeds")
    front = Folder(tmp_path / "dry", tmp_path / "feeds")
    assert front.write("same.xml", b"same.xml") is False
    assert front.write("other.xml", b"new") is True
    front.remove("gone.xml")
    assert (front.read("same.xml"), front.read("other.xml"), front.read("gone.xml")) == (
        b"same.xml",
        b"new",
        None,
    )
    assert front.where("same.xml") == tmp_path / "feeds/same.xml"
    assert front.where("other.xml") == tmp_path / "dry/other.xml"
    assert front.changed == ["other.xml", "gone.xml"]
    assert {path.name for path in (tmp_path / "dry").iterdir()} == {"other.xml", "other.xml.gz"}
    assert front.write("gone.xml", b"gone.xml") is True
    front.flush()
    assert snapshot(tmp_path / "feeds") == before
