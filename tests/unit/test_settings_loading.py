"""What a correct configuration becomes: defaults, the site, the environment, and what follows from several keys."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syndication.domain.article import Source, SourceKind
from syndication.domain.week import WeekKey
from syndication.errors import SettingsError
from syndication.settings import Settings, load_settings

LEAST = """\
[publication]
title = "The Tern"
url = "https://www.tern.example/"
timezone = "Asia/Seoul"
address = "1 Pier Road"
[[sources]]
name = "desk"
kind = "folder"
path = "articles"
[email]
from = "The Tern <weekly@tern.example>"
[web]
url = "https://news.tern.example"
"""
FULL = """\
[publication]
title = "The Tern"
url = "https://tern.example/"
language = "ko"
timezone = "Asia/Seoul"
address = "1 Pier Road, Seoul"
[edition]
ends = "friday 07:00"
first_number = 12
approve = false
[[sources]]
name = "desk"
kind = "folder"
path = "examples/articles"
section = "Film"
allow_private = false
[[sources]]
name = "wire"
kind = "feed"
url = "http://127.0.0.1:8000/rss.xml"
allow_private = true
[hot]
kind = "source"
limit = 6
[feeds]
directory = "feeds"
url = "https://news.tern.example/feeds/"
limit = 100
content = "full"
hubs = []
[publish]
after = ["rclone", "sync"]
[email]
from = "The Tern <weekly@tern.example>"
reply_to = ""
subject = "{{ edition.lead.title }}"
theme = "default"
list_id = "weekly.tern.example"
unsubscribe_mailto = ""
[smtp]
connections = 20
[[smtp.servers]]
url = "smtps://weekly@mx1.tern.example:465"
weight = 3
rate = 20
[[smtp.servers]]
url = "smtp+plain://127.0.0.1:2525"
[delivery]
wait = "2h"
on_unknown = "resend"
processes = 1
keep = "90 days"
[[lanes]]
name = "example"
domains = ["Example.com"]
connections = 5
per_second = 20
[bounces]
address = ""
[dkim]
domain = "Tern.example"
selector = "rsa-202611"
key_file = "var/dkim/rsa-202611.pem"
ed25519_selector = "ed25519-202611"
ed25519_key_file = "var/dkim/ed25519-202611.pem"
[web]
url = "https://news.tern.example/"
[secrets]
file = "var/secret.keys"
[store]
url = "sqlite:///var/syndicate.db"
synchronous = "full"
"""


def load(site: Path, text: str = LEAST, environ: dict[str, str] | None = None) -> Settings:
    (site / "config").mkdir(exist_ok=True)
    file = site / "config/syndicate.toml"
    file.write_text(text, "utf-8")
    return load_settings(file, environ or {})


def python(code: str, folder: Path, **environ: str) -> str:
    """What a Python of its own prints in `folder`."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(root), **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_least_configuration_has_the_defaults_of_the_reference(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.publication.language == "en"
    assert settings.delivery.wait == timedelta(hours=2)
    assert settings.delivery.keep == timedelta(days=90)
    assert settings.facts().feeds_url == "https://news.tern.example/feeds/"
    assert settings.list_id == "weekly.tern.example"
    assert settings.outbox == tmp_path / "var/outbox"
    assert settings.store.url.get_secret_value() == f"sqlite:///{tmp_path}/var/syndicate.db"
    assert settings.hot_path(WeekKey(2026, 47)) is None


def test_every_key_of_the_design_is_understood(tmp_path: Path) -> None:
    settings = load(tmp_path, FULL)
    assert settings.edition.first_number == 12
    assert settings.lanes[0].domains == ("example.com",)
    assert [(server.weight, server.rate) for server in settings.smtp.all_servers] == [(3, 20.0), (1, 0.0)]
    assert settings.outbox is None


def test_the_cut_off_is_in_the_publications_zone(tmp_path: Path) -> None:
    cut_off = load(tmp_path, FULL).cut_off
    assert cut_off.at(WeekKey(2026, 47)) == datetime(2026, 11, 19, 22, 0, tzinfo=UTC)


def test_sources_become_the_domains_own_with_absolute_folders(tmp_path: Path) -> None:
    folder = Source(
        name="desk", kind=SourceKind.FOLDER, location=f"{tmp_path}/examples/articles", section="Film"
    )
    feed = Source(
        name="wire", kind=SourceKind.FEED, location="http://127.0.0.1:8000/rss.xml", allow_private=True
    )
    assert load(tmp_path, FULL).article_sources() == (folder, feed)


def test_the_publication_becomes_the_domains_own_with_slashes_at_its_folders(tmp_path: Path) -> None:
    facts = load(tmp_path).facts()
    assert (facts.web_url, facts.feeds_url) == (
        "https://news.tern.example/",
        "https://news.tern.example/feeds/",
    )
    assert facts.domain == "tern.example"
    assert facts.timezone.key == "Asia/Seoul"


def test_the_week_stands_in_the_name_of_the_hot_lists_file(tmp_path: Path) -> None:
    settings = load(tmp_path, LEAST + '[hot]\nkind = "file"\npath = "hot/{week}.csv"\n')
    assert settings.hot_path(WeekKey(2026, 5)) == tmp_path / "hot/2026-W05.csv"


@pytest.mark.parametrize(
    ("file", "site"), [("config/syndicate.toml", "."), ("syndicate.toml", "."), ("other/tern.toml", "other")]
)
def test_the_site_is_the_parent_of_config_else_the_files_folder(tmp_path: Path, file: str, site: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(LEAST, "utf-8")
    assert load_settings(tmp_path / file, {}).site == (tmp_path / site).resolve()


def test_a_linked_file_does_not_move_the_site(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/tern.toml").write_text(LEAST, "utf-8")
    (tmp_path / "site/config").mkdir(parents=True)
    (tmp_path / "site/config/syndicate.toml").symlink_to(tmp_path / "elsewhere/tern.toml")
    assert load_settings(tmp_path / "site/config/syndicate.toml", {}).site == tmp_path / "site"


def test_paths_start_at_the_site_from_any_folder(tmp_path: Path) -> None:
    load(tmp_path)
    code = (
        "from pathlib import Path; from syndication.settings import load_settings_here; "
        "print(load_settings_here(Path('../config/syndicate.toml')).secrets.file)"
    )
    (tmp_path / "elsewhere").mkdir()
    assert python(code, tmp_path / "elsewhere") == f"{tmp_path}/var/secret.keys\n"


def test_an_absolute_path_stays(tmp_path: Path) -> None:
    settings = load(
        tmp_path, LEAST + '[secrets]\nfile = "/etc/tern/keys"\n[store]\nurl = "sqlite:////srv/tern.db"\n'
    )
    assert settings.secrets.file == Path("/etc/tern/keys")
    assert settings.store.url.get_secret_value() == "sqlite:////srv/tern.db"


def test_a_variable_goes_before_the_file(tmp_path: Path) -> None:
    environ = {
        "SYNDICATE_SMTP__URL": "outbox:box",
        "SYNDICATE_EMAIL__FROM": "desk@tern.example",
        "SYNDICATE_FEEDS__LIMIT": "7",
        "SYNDICATE_EDITION__APPROVE": "false",
        "SYNDICATE_PUBLISH__AFTER": '["make", "upload"]',
        "SYNDICATE_LANES": '[{"name": "campus", "domains": ["campus.example"], "per_second": 0.5}]',
        "syndicate_delivery__wait": "0s",
        "HOME": "/nowhere",
        "_SYNDICATE_COMPLETE": "source_bash",
    }
    settings = load(tmp_path, FULL, environ)
    assert settings.outbox == tmp_path / "box"  # in place of the file's servers
    assert settings.email.sender == "desk@tern.example"
    assert settings.email.list_id == "weekly.tern.example"  # its neighbours stay
    assert settings.feeds.limit == 7
    assert settings.publish.after == ("make", "upload")
    assert settings.lanes[0].per_second == 0.5
    assert settings.delivery.wait == timedelta(0)


def test_a_required_key_may_come_from_the_environment(tmp_path: Path) -> None:
    text = LEAST.replace('[email]\nfrom = "The Tern <weekly@tern.example>"\n', "")
    assert load(tmp_path, text, {"SYNDICATE_EMAIL__FROM": "a@tern.example"}).email.sender == "a@tern.example"


def test_the_process_environment_is_read_only_when_that_is_asked_for(tmp_path: Path) -> None:
    load(tmp_path)
    code = (
        "from pathlib import Path; from syndication.settings import load_settings, load_settings_here; "
        "file = Path('config/syndicate.toml'); "
        "print(load_settings(file, {}).feeds.limit, load_settings_here(file).feeds.limit)"
    )
    assert python(code, tmp_path, SYNDICATE_FEEDS__LIMIT="7") == "100 7\n"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0s", timedelta(0)),
        ("15m", timedelta(minutes=15)),
        ("2h", timedelta(hours=2)),
        ("90 days", timedelta(days=90)),
        ("1 week", timedelta(weeks=1)),
        ("3d", timedelta(days=3)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(tmp_path: Path, written: str, meant: timedelta) -> None:
    assert load(tmp_path, f'{LEAST}[delivery]\nwait = "{written}"\n').delivery.wait == meant


def test_the_password_comes_from_the_environment_and_is_not_shown(tmp_path: Path) -> None:
    settings = load(tmp_path, LEAST, {"SYNDICATE_SMTP__PASSWORD": "hunter2"})
    assert settings.password_for(settings.smtp.all_servers[0]) == "hunter2"
    assert "hunter2" not in f"{settings!r} {settings}"


def test_the_password_of_a_server_comes_from_its_own_file_first(tmp_path: Path) -> None:
    (tmp_path / "all").write_text("for all\n", "utf-8")
    (tmp_path / "own").write_text("its own\r\n", "utf-8-sig")  # as Windows editors save it
    text = (
        '[smtp]\npassword_file = "all"\n[[smtp.servers]]\nurl = "smtp://a@a.example"\npassword_file = "own"\n'
        '[[smtp.servers]]\nurl = "smtp://b@b.example"\n'
    )
    settings = load(tmp_path, LEAST + text)
    assert [settings.password_for(server) for server in settings.smtp.all_servers] == ["its own", "for all"]


def test_a_missing_password_file_is_one_sentence_when_it_is_needed(tmp_path: Path) -> None:
    settings = load(tmp_path, LEAST + '[smtp]\nurl = "smtp://a@a.example"\npassword_file = "none"\n')
    with pytest.raises(SettingsError, match=r"smtp\.password_file, .*/none, cannot be read"):
        settings.password_for(settings.smtp.all_servers[0])
    one = '[[smtp.servers]]\nurl = "smtp://a@a.example"\npassword_file = "none"\n'
    settings = load(tmp_path, LEAST + one)
    with pytest.raises(SettingsError, match=r"smtp\.servers\.password_file, .*/none, cannot be read"):
        settings.password_for(settings.smtp.all_servers[0])


def test_a_database_password_from_the_environment_is_used_and_not_shown(tmp_path: Path) -> None:
    url = "postgresql://tern:hunter2@db.tern.example/tern"
    settings = load(tmp_path, LEAST, {"SYNDICATE_STORE__URL": url})
    assert settings.store.url.get_secret_value() == url
    assert "hunter2" not in repr(settings)


def test_a_file_saved_with_a_byte_order_mark_and_windows_line_ends_is_read(tmp_path: Path) -> None:
    assert load(tmp_path, "\ufeff" + LEAST.replace("\n", "\r\n")).publication.title == "The Tern"


def test_settings_do_not_change_after_loading(tmp_path: Path) -> None:
    settings = load(tmp_path)
    with pytest.raises(ValueError, match="frozen"):
        settings.feeds.limit = 3
    with pytest.raises(ValueError, match="frozen"):
        settings.web = settings.web
