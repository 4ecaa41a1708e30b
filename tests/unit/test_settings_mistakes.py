"""Every mistake is one sentence with file, line and key, or the variable's name, and never the value."""

from pathlib import Path

import pytest

from syndication.errors import SettingsError
from syndication.settings import Settings, load_settings
from syndication.settings.keys import known_keys

GOOD = """\
[publication]
title = "The Tern"
url = "https://tern.example/"
timezone = "Asia/Seoul"
address = "1 Pier Road"

[[sources]]
name = "desk"
kind = "folder"
path = "articles"

[email]
from = "The Tern <weekly@tern.example>"

[web]
url = "https://news.tern.example/"
"""
END = GOOD.count("\n")  # what a test appends begins on the line after it


def mistake(tmp_path: Path, text: str | bytes, environ: dict[str, str] | None = None) -> SettingsError:
    """The error that `text` gives, its file name cut to the last part."""
    file = tmp_path / "syndicate.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SettingsError) as caught:
        load_settings(file, environ or {})
    assert caught.value.exit_code == 2
    assert caught.value.__cause__ is None  # nothing of a library's, with values in it, hangs on
    caught.value.message = caught.value.message.replace(f"{tmp_path}/", "")
    return caught.value


@pytest.mark.parametrize(
    ("was", "written", "sentence"),
    [
        ('"Asia/Seoul"', '"Hanyang"', "line 4: publication.timezone is not a time zone."),
        ('"Asia/Seoul"', '"Europe"', "line 4: publication.timezone is not a time zone."),
        ('"Asia/Seoul"', '"../../etc/passwd"', "line 4: publication.timezone is not a time zone."),
        ('"Asia/Seoul"', "9", "line 4: publication.timezone is not a time zone."),
        ('"The Tern"', "7", "line 2: publication.title is not text."),
        ('"The Tern"', '" "', "line 2: publication.title is empty."),
        ('"The Tern"', '"The\\r\\nBcc: all"', "line 2: publication.title contains a line break or a control character."),
        ('"https://tern.example/"', '"http://tern.example/"', "line 3: publication.url is not an https:// address."),
        ('"https://news.tern.example/"', '"http://news.tern.example/"', "line 16: web.url is not an https:// address."),
        ('"https://news.tern.example/"', '"https://news.tern.example/?a=b"', "line 16: web.url contains a query or a fragment."),
        ('"https://news.tern.example/"', '"https://[news/"', "line 16: web.url is not an https:// address."),
        ('"https://news.tern.example/"', '"https://x@news.tern.example/"', "line 16: web.url contains a user name."),
        ('"folder"', '"sitemap"', "line 7: sources.url is missing."),
        ('"articles"', '"articles"\nselector = "h2 a"', "line 11: sources.selector does not belong to a source of this kind."),
        ('"articles"', '"articles"\nlimit = 20', "line 11: sources.limit does not belong to a source of this kind."),
        ('"articles"', '"articles"\nselector = "h2 >"', "line 11: sources.selector is not a CSS selector."),
        ('"articles"', '"articles"\nselector = "h2 m|a"', "line 11: sources.selector is not a CSS selector."),
        ('"folder"', '"wordpress"', "line 7: sources.url is missing."),
        ('"folder"', '"gopher"', "line 9: sources.kind is not one of the allowed words."),
        ('"folder"', '["folder"]', "line 9: sources.kind is not one of the allowed words."),
        ('"folder"', '"feed"', "line 7: sources.url is missing."),
        ('path = "articles"', 'url = "https://tern.example/rss"', "line 7: sources.path is missing."),
        ('"articles"', '"articles"\nurl = "https://tern.example/rss"', "line 11: sources.url does not belong to a source of this kind."),
        ('"articles"', "12", "line 10: sources.path is not a path."),
        ('"The Tern <weekly@tern.example>"', '"The Tern"', "line 13: email.from is not a mail address."),
        ('"The Tern <weekly@tern.example>"', '"a@tern.example, b@tern.example"', "line 13: email.from is not a mail address."),
        ("[[sources]]", "[sources]", "line 7: sources is not a list."),
        ("timezone =", "timezome =", "line 4: publication.timezome is not a known key."),
        ("[email]", "[e-mail]", "line 12: e-mail is not a known key."),
    ],
)  # fmt: skip
def test_a_wrong_value_or_key_is_named_with_its_line(
    tmp_path: Path, was: str, written: str, sentence: str
) -> None:
    assert mistake(tmp_path, GOOD.replace(was, written)).message == f"syndicate.toml {sentence}"


@pytest.mark.parametrize(
    ("added", "sentence"),
    [
        ('[edition]\nends = "friday 25:00"', "edition.ends is not a time of the week."),
        ("[edition]\nends = 7", "edition.ends is not a time of the week."),
        ('[edition]\napprove = "no"', "edition.approve is neither true nor false."),
        ("[edition]\nfirst_number = 0", "edition.first_number is too small."),
        ('[hot]\nselector = "ol["', "hot.selector is not a CSS selector."),
        ('[hot]\nselector = "svg|a"', "hot.selector is not a CSS selector."),
        ('[hot]\nselector = "section[xl|href]"', "hot.selector is not a CSS selector."),
        ('[hot]\nselector = "ul:latest"', "hot.selector is not a CSS selector."),
        ('[hot]\nselector = "li::marker"', "hot.selector is not a CSS selector."),
        ('[hot]\nselector = "ol"', 'hot.selector has no effect with kind = "source".'),
        ('[hot]\nurl = "https://a.example/"', 'hot.url has no effect with kind = "source".'),
        ('[hot]\nkind = "dice"', "hot.kind is not one of the allowed words."),
        ('[hot]\npath = "hot.csv"', 'hot.path has no effect with kind = "source".'),
        ("[hot]\nlimit = 101", "hot.limit is too large."),
        ('[feeds]\nlimit = "100"', "feeds.limit is not a whole number."),
        ("[feeds]\nlimit = true", "feeds.limit is not a whole number."),
        ('[feeds]\ncontent = "some"', "feeds.content is not one of the allowed words."),
        ('[feeds]\nhubs = ["hub.example"]', "feeds.hubs is not an http:// or https:// address."),
        ('[feeds]\nurl = "http://news.tern.example/feeds/"', "feeds.url is not an https:// address."),
        ('[publish]\nafter = "make upload"', "publish.after is not a list."),
        ('[publish]\nafter = [""]', "publish.after names no program."),
        ('[smtp]\nurl = "mail.tern.example"', "smtp.url is not the address of an SMTP server."),
        ('[smtp]\nurl = "smtp://mail.tern.example:99999"', "smtp.url is not the address of an SMTP server."),
        (
            '[smtp]\nurl = "smtp+plain://mail.tern.example"',
            "smtp.url is unencrypted and leaves this machine.",
        ),
        ('[smtp]\nurl = "outbox:"', "smtp.url names no folder."),
        ("[smtp]\nconnections = 0", "smtp.connections is too small."),
        ('[delivery]\nwait = "two hours"', "delivery.wait is not a duration."),
        ("[delivery]\nwait = 7200", "delivery.wait is not a duration."),
        ('[delivery]\nkeep = "999999999 weeks"', "delivery.keep is longer than a hundred years."),
        ('[delivery]\non_unknown = "drop"', "delivery.on_unknown is not one of the allowed words."),
        ("[delivery]\nprocesses = 0", "delivery.processes is not a number from 1 to 64."),
        ("[delivery]\nprocesses = 65", "delivery.processes is not a number from 1 to 64."),
        ('[delivery]\nprocesses = "all"', "delivery.processes is not a number from 1 to 64."),
        ("[delivery]\nprocesses = true", "delivery.processes is not a number from 1 to 64."),
        ('[bounces]\naddress = "the bounces"', "bounces.address is not a mail address."),
        (
            '[bounces]\naddress = "newsletter-bounces@tern.example"',
            "bounces.address has more than 16 characters before the @.",
        ),
        ('[dkim]\nselector = "s_1"', "dkim.selector is not a selector."),
        ('[dkim]\ndomain = "weekly@tern.example"', "dkim.domain is not a domain."),
        ('[store]\nurl = "mysql://db/tern"', "store.url is not the address of a store."),
        ('[store]\nsynchronous = "off"', "store.synchronous is not one of the allowed words."),
    ],
)
def test_a_wrong_value_of_an_optional_key_is_named_with_its_line(
    tmp_path: Path, added: str, sentence: str
) -> None:
    assert mistake(tmp_path, GOOD + added).message == f"syndicate.toml line {END + 2}: {sentence}"


@pytest.mark.parametrize(
    ("added", "sentence"),
    [
        ('[[sources]]\nname = "desk"\nkind = "folder"\npath = "more"', f"line {END + 2}: sources.name is used twice."),
        ('[hot]\nkind = "file"', f"line {END + 1}: hot.path is missing."),
        ('[hot]\nkind = "access-log"', f"line {END + 1}: hot.path is missing."),
        ('[hot]\nkind = "page"', f"line {END + 1}: hot.url is missing."),
        ('[hot.fields]\ntime = "when"', f'line {END + 1}: hot.fields has no effect with kind = "source".'),
        ('[dkim]\nselector = "s1"', f"line {END + 1}: dkim.key_file is missing."),
        ('[dkim]\nkey_file = "k.pem"', f"line {END + 1}: dkim.selector is missing."),
        ('[dkim]\ndomain = "tern.example"', f"line {END + 1}: dkim.key_file is missing."),
        ('[dkim]\ned25519_key_file = "k.pem"', f"line {END + 1}: dkim.ed25519_selector is missing."),
        (
            '[dkim]\nselector = "s"\nkey_file = "r.pem"\ned25519_selector = "S"\ned25519_key_file = "e.pem"',
            f"line {END + 4}: dkim.ed25519_selector is the same as dkim.selector.",
        ),
        ('[[lanes]]\nname = "a"\ndomains = ["a.example",\n"b"]', f"line {END + 4}: lanes.domains is not a domain."),
        ('[[lanes]]\nname = "a"\ndomains = ["*.a.example"]', f"line {END + 3}: lanes.domains is not a domain."),
        ('[[lanes]]\nname = "a"\ndomains = ["münchen.example"]', f"line {END + 3}: lanes.domains is not a domain."),
        ('[[smtp.servers]]\nurl = "outbox:box"', f"line {END + 2}: smtp.servers.url cannot be an outbox here."),
        ('[[smtp.servers]]\nurl = "smtp://a.example"\nrate = inf', f"line {END + 3}: smtp.servers.rate is not a finite number."),
        ('[[smtp.servers]]\nurl = "smtp://a.example"\nrate = 1e-300', f"line {END + 3}: smtp.servers.rate is below 0.001 mails a second."),
        ('[smtp]\nurl = "outbox:box"\n[[smtp.servers]]\nurl = "smtp://a.example"', f"line {END + 2}: smtp.url cannot be set together with [[smtp.servers]]."),
        ('[smtp]\nservers = [\n  {url = "smtp://a.example"},\n  {url = "a.example"},\n]', f"line {END + 4}: smtp.servers.url is not the address of an SMTP server."),
    ],
)  # fmt: skip
def test_a_mistake_that_concerns_several_keys_has_the_line_where_to_correct_it(
    tmp_path: Path, added: str, sentence: str
) -> None:
    assert mistake(tmp_path, GOOD + added).message == f"syndicate.toml {sentence}"


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("title", "line 1: publication.title is missing."),
        ("url", "line 1: publication.url is missing."),
        ("timezone", "line 1: publication.timezone is missing."),
        ("address", "line 1: publication.address is missing."),
        ("name", "line 7: sources.name is missing."),
        ("kind", "line 7: sources.kind is missing."),
        ("from", "line 12: email.from is missing."),
    ],
)
def test_a_required_key_that_is_missing_is_named_with_its_table(
    tmp_path: Path, key: str, sentence: str
) -> None:
    text = "\n".join("" if line.startswith(f"{key} =") else line for line in GOOD.splitlines()[:14])
    assert (
        mistake(tmp_path, f"{text}\n[web]\nurl = 'https://news.tern.example/'").message
        == f"syndicate.toml {sentence}"
    )


@pytest.mark.parametrize("table", ["publication", "email", "web", "[sources]"])
def test_a_required_table_that_is_missing_is_named_with_what_belongs_in_it(
    tmp_path: Path, table: str
) -> None:
    paragraphs = [text for text in GOOD.split("\n\n") if not text.startswith(f"[{table}]")]
    error = mistake(tmp_path, "\n\n".join(paragraphs))
    assert error.message == f"syndicate.toml: {table.strip('[]')} is missing."
    assert error.hint.startswith(f"Write a table [{table}] with ")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (GOOD.replace("timezone =", "timezome ="), "Did you mean publication.timezone?"),
        (GOOD.replace("[email]", "[e-mail]"), "Did you mean email?"),
        (GOOD + "Url = 'x'", "Did you mean web.url?"),
        (GOOD + "directory = 'x'", "Did you mean feeds.directory?"),
        (GOOD + "colour = 'x'", "Known here: url, confirmations_per_hour."),
    ],
)
def test_an_unknown_key_suggests_the_nearest_known_one(tmp_path: Path, text: str, hint: str) -> None:
    assert mistake(tmp_path, text).hint.startswith(hint)


def test_of_several_mistakes_the_first_is_shown_and_the_rest_counted(tmp_path: Path) -> None:
    error = mistake(tmp_path, GOOD + "[feeds]\nlimit = 0\ncontent = 1\n[hot]\nlimit = 0\n")
    assert error.message == f"syndicate.toml line {END + 2}: feeds.limit is too small."
    assert error.hint == "Write 1 or more. 2 more mistakes after that."


@pytest.mark.parametrize(
    ("added", "line", "key"),
    [
        ('[smtp]\nurl = "smtp://weekly:hunter2@mail.tern.example:587"', 2, "smtp.url"),
        ('[smtp]\npassword = "hunter2"', 2, "smtp.password"),
        ('[[smtp.servers]]\nurl = "smtps://weekly:hunter2@mail.tern.example"', 2, "smtp.servers.url"),
        ('[store]\nurl = "postgresql://tern:hunter2@db.tern.example/tern"', 2, "store.url"),
        ('[store]\nurl = "postgresql://db.tern.example/tern?user=tern&password=hunter2"', 2, "store.url"),
        (
            '[[sources]]\nname = "wire"\nkind = "feed"\nurl = "https://tern:hunter2@wire.example/rss"',
            4,
            "sources.url",
        ),
        ('[publish]\nafter = ["curl",\n"ftp://tern:hunter2@host.example/"]', 3, "publish.after"),
    ],
)
def test_a_password_in_the_file_is_refused_and_not_printed(
    tmp_path: Path, added: str, line: int, key: str
) -> None:
    error = mistake(tmp_path, GOOD + added)
    assert (
        error.message
        == f"syndicate.toml line {END + line}: {key} contains a password, which does not belong in the file."
    )
    assert "hunter2" not in f"{error!r} {error} {error.hint}"


def test_no_mistake_in_any_key_prints_the_value(tmp_path: Path) -> None:
    """A single wrong key is enough of a document for this: whatever else is missing is reported later."""
    shown = []
    for key in sorted(set(known_keys(Settings))):
        *tables, name = key.split(".")
        header = ".".join(tables)
        text = f"[[{header}]]\n" if header in {"sources", "lanes", "smtp.servers"} else f"[{header}]\n"
        for value in ('"hunter2\\u0000"', '["hunter2"]', "271828182", "2027-01-31"):
            error = mistake(tmp_path, f"{text}{name} = {value}\n")
            if any(secret in str(error) for secret in ("hunter2", "271828182", "2027")):
                shown.append(f"{key}: {error}")
    assert shown == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"{GOOD}limit = \n", f"syndicate.toml line {END + 1} is not TOML: invalid value."),
        (f"{GOOD}[email]\n", f"syndicate.toml line {END + 1} is not TOML: cannot declare email twice."),
        (f"{GOOD}text = 'open\n", f"syndicate.toml line {END + 1} is not TOML: "),
        (f'{GOOD}text = """open\n', "syndicate.toml line "),
        (GOOD.encode().replace(b"Tern", b"T\xe9rn", 1), "syndicate.toml line 2 is not UTF-8 text."),
        (f"{GOOD}deep = {'[' * 5000}{']' * 5000}", "syndicate.toml is not readable as TOML."),
        (f"{GOOD}long = {'9' * 5000}", "syndicate.toml is not readable as TOML."),
    ],
)
def test_a_file_that_is_not_toml_is_one_sentence_with_the_line(
    tmp_path: Path, text: str | bytes, sentence: str
) -> None:
    assert mistake(tmp_path, text).message.startswith(sentence)


def test_a_missing_file_says_how_to_make_a_site(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match=r"syndicate\.toml does not exist\. Make a site with `syndicate init DIR`"
    ):
        load_settings(tmp_path / "syndicate.toml", {})


def test_a_folder_in_place_of_the_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        load_settings(tmp_path, {})


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "SYNDICATE_SMTP__URL",
            "hunter2",
            "SYNDICATE_SMTP__URL: smtp.url is not the address of an SMTP server.",
        ),
        (
            "SYNDICATE_SMTP__URL",
            "smtp://a:hunter2@b.example",
            "SYNDICATE_SMTP__URL: smtp.url contains a password.",
        ),
        ("SYNDICATE_FEEDS__LIMIT", "hunter2", "SYNDICATE_FEEDS__LIMIT: feeds.limit is not a whole number."),
        (
            "SYNDICATE_EDITION__APPROVE",
            "hunter2",
            "SYNDICATE_EDITION__APPROVE: edition.approve is neither true nor false.",
        ),
        ("SYNDICATE_PUBLISH__AFTER", "hunter2", "SYNDICATE_PUBLISH__AFTER: publish.after is not JSON."),
        ("SYNDICATE_SOURCES", "null", "SYNDICATE_SOURCES: sources is not JSON."),
        ("SYNDICATE_SOURCES", "[]", "SYNDICATE_SOURCES: sources is empty."),
        (
            "SYNDICATE_SOURCES",
            '[{"name": "a", "kind": "feed"}]',
            "SYNDICATE_SOURCES: sources.url (entry 1) is missing.",
        ),
        ("SYNDICATE_SMTP_URL", "hunter2", "SYNDICATE_SMTP_URL is not a configuration key."),
        ("SYNDICATE_SMTP", "hunter2", "SYNDICATE_SMTP is not a configuration key."),
        (
            "SYNDICATE_SOURCES__NAME",
            "hunter2",
            "SYNDICATE_SOURCES__NAME is not a configuration key.",
        ),
        (
            "SYNDICATE_SMTP__URL__X",
            "hunter2",
            "SYNDICATE_SMTP__URL__X is not a configuration key.",
        ),
        ("SYNDICATE_", "hunter2", "SYNDICATE_ is not a configuration key."),
    ],
)
def test_a_wrong_variable_is_named_and_its_value_is_not(
    tmp_path: Path, name: str, value: str, sentence: str
) -> None:
    error = mistake(tmp_path, GOOD, {name: value})
    assert error.message == sentence
    assert "hunter2" not in f"{error!r} {error.hint}"


def test_a_variable_with_one_underscore_for_two_suggests_the_right_one(tmp_path: Path) -> None:
    assert (
        mistake(tmp_path, GOOD, {"SYNDICATE_SMTP_URL": "outbox:x"}).hint
        == "Did you mean SYNDICATE_SMTP__URL?"
    )


@pytest.mark.parametrize(
    ("folder", "held"),
    [
        (".", "the configuration"),
        ("config", "the configuration"),
        ("/", "the configuration"),
        ("var", "the secrets"),
    ],
)
def test_the_published_folder_may_not_hold_what_must_stay_private(
    tmp_path: Path, folder: str, held: str
) -> None:
    site = tmp_path / "config"
    site.mkdir()
    found = mistake(site, f'{GOOD}[feeds]\ndirectory = "{folder}"\n')
    assert (
        found.message
        == f"syndicate.toml line {END + 2}: feeds.directory contains {held}, and everything in this folder is published."
    )


def test_the_number_of_the_first_edition_fits_the_store(tmp_path: Path) -> None:
    assert (
        "edition.first_number is too large."
        in mistake(tmp_path, f"{GOOD}[edition]\nfirst_number = {10**30}\n").message
    )
