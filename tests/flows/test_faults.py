"""Whatever goes wrong is one sentence with what to do, the right exit code, and nothing lost."""

import asyncio
import json
import resource
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from syndication.errors import StoreError
from syndication.flows.site.doctor import check_site
from syndication.render.theme import shipped_folder
from tests.doors.smtp_server import Script, Step
from tests.flows.newsroom import PAGE, Newsroom, article


@pytest.fixture
async def newsroom(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path)
    room.write("articles/ferry-bell.txt", PAGE)
    await room.subscribe("ann@readers.example", "bo@readers.example")
    return room


def one_sentence(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert done.returncode == code, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    for word in words:
        assert word in last


def test_a_wrong_key_in_the_configuration_names_file_key_and_line(newsroom: Newsroom) -> None:
    newsroom.config.write_text(newsroom.config.read_text().replace("timezone", "timezon"))
    one_sentence(newsroom.syndicate("run", "--weekly"), 2, "syndicate.toml", "publication.timezon", "line 5")


def test_an_error_is_a_json_document_with_json(newsroom: Newsroom) -> None:
    done = newsroom.syndicate("run", "--week", "2199-W01", "--json")
    assert done.returncode == 2
    assert set(json.loads(done.stdout)["error"]) == {"code", "message", "hint"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run",), ("--weekly",)),
        (("run", "--week", "soon"), ("'soon' is not a week like 2026-W47",)),
        (("run", "--week", "2021-W53"), ("The year 2021 has no week 53.",)),
        (("sing",), ("sing",)),
        (("subscribers", "add", "nobody"), ("nobody",)),
        (("deliver", "2019-W01"), ("There is no edition 2019-W01",)),
    ],
)
def test_a_wrong_argument_says_what_to_write(
    newsroom: Newsroom, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    one_sentence(newsroom.syndicate(*arguments), 2, *words)


def test_a_broken_template_names_its_file_and_line_and_no_mail_goes_out(newsroom: Newsroom) -> None:
    newsroom.write("templates/default/digest.txt", "fine\n{{ oops }}\n")
    one_sentence(
        newsroom.syndicate("run", "--week", "2023-W41"), 2, "templates/default/digest.txt", "line 2", "oops"
    )
    assert newsroom.mails() == []
    (newsroom.folder / "templates/default/digest.txt").unlink()
    assert newsroom.syndicate("run", "--week", "2023-W41").returncode == 0
    assert len(newsroom.mails()) == 2


def test_a_template_that_would_kill_the_compiler_in_one_language_leaves_no_edition_half_made(
    newsroom: Newsroom,
) -> None:
    shipped = (shipped_folder() / "default" / "digest.mjml").read_text("utf-8")
    deep = '{% if language == "ko" %}<mj-text>{{ ("<b>" * 10000) | safe }}x{{ ("</b>" * 10000) | safe }}</mj-text>{% endif %}'
    broken = newsroom.write(
        "templates/default/digest.mjml",
        shipped.replace("{{ m.byline(lead) }}\n        </mj-text>", f"</mj-text>\n{deep}"),
    )
    line = broken.read_text("utf-8").split(deep)[0].count("\n") + 1
    done = newsroom.syndicate("run", "--week", "2023-W41")
    one_sentence(done, 2, f"templates/default/digest.mjml, line {line}: tags are nested deeper")
    assert newsroom.mails() == []
    assert newsroom.files("feeds") == {}
    assert "2023-W41" not in newsroom.syndicate("status", "--json").stdout
    broken.unlink()
    assert newsroom.syndicate("run", "--week", "2023-W41").returncode == 0
    assert len(newsroom.mails()) == 2


def test_a_broken_file_among_good_ones_is_a_warning(newsroom: Newsroom) -> None:
    newsroom.write("articles/broken.md", "---\ntitle: [unclosed\n---\n\ntext\n")
    done = newsroom.syndicate("run", "--week", "2023-W41", "--json")
    assert done.returncode == 0
    out = json.loads(done.stdout)
    assert out["sent"] == 2
    assert any("broken.md" in warning for warning in out["warnings"])


def test_a_source_that_cannot_be_read_is_a_warning_and_all_that_fail_an_error(newsroom: Newsroom) -> None:
    newsroom.configure(more='[[sources]]\nname = "attic"\nkind = "folder"\npath = "nowhere"\n')
    done = newsroom.syndicate("collect", "--json")
    assert done.returncode == 0
    assert any("attic" in warning for warning in json.loads(done.stdout)["warnings"])

    (newsroom.folder / "articles").rename(newsroom.folder / "moved")
    one_sentence(
        newsroom.syndicate("run", "--week", "2023-W41"), 5, "No source could be read", "desk", "attic"
    )


def test_a_broken_line_of_a_list_is_refused_with_its_number_and_the_others_come_in(
    newsroom: Newsroom,
) -> None:
    rows = [
        "email,name",
        "good@readers.example,Good",
        "not an address,Bad",
        "",
        '"two@readers.example","Two, really"',
        "bad@,x",
    ]
    file = newsroom.write("list.csv", "\n".join(rows) + "\n")
    done = newsroom.syndicate("subscribers", "import", str(file), "--json")
    out = json.loads(done.stdout)
    assert done.returncode == 0
    assert (out["added"], [refused["line"] for refused in out["refused"]]) == (2, [3, 6])
    again = json.loads(newsroom.syndicate("subscribers", "import", str(file), "--json").stdout)
    assert (again["added"], again["present"]) == (0, 2)


def test_an_import_revives_nobody(newsroom: Newsroom) -> None:
    assert newsroom.syndicate("subscribers", "remove", "ann@readers.example").returncode == 0
    file = newsroom.write("list.csv", "email\nAnn@Readers.example\n")
    out = json.loads(newsroom.syndicate("subscribers", "import", str(file), "--json").stdout)
    assert out["refused"] == [
        {"line": 2, "reason": "this address has unsubscribed; only its owner can subscribe again"}
    ]
    one_sentence(newsroom.syndicate("subscribers", "add", "ann@readers.example"), 2, "unsubscribed")


def test_a_file_without_the_column_email_is_refused(newsroom: Newsroom) -> None:
    file = newsroom.write("list.csv", "mail,name\na@readers.example,A\n")
    one_sentence(newsroom.syndicate("subscribers", "import", str(file)), 2, "no column email")


def test_an_export_comes_back_in_as_the_same_list(newsroom: Newsroom) -> None:
    newsroom.syndicate(
        "subscribers", "add", "zoe@readers.example", "--name", 'Zoë "Z" & Co, Ltd', "--language", "ko"
    )
    file = newsroom.folder / "out.csv"
    assert newsroom.syndicate("subscribers", "export", str(file)).returncode == 0
    out = json.loads(newsroom.syndicate("subscribers", "import", str(file), "--json").stdout)
    assert (out["added"], out["present"], out["refused"]) == (0, 3, [])


def test_who_had_left_does_not_come_back_through_an_export(newsroom: Newsroom, tmp_path: Path) -> None:
    newsroom.syndicate("subscribers", "remove", "ann@readers.example")
    file = newsroom.folder / "all.csv"
    newsroom.syndicate("subscribers", "export", str(file))
    other = Newsroom(tmp_path / "elsewhere")
    out = json.loads(other.syndicate("subscribers", "import", str(file), "--json").stdout)
    assert out["added"] == 1
    assert out["refused"] == [
        {"line": 2, "reason": "its consent is unsubscribed; only confirmed subscribers are imported"}
    ]


async def test_a_disk_that_is_full_while_sending_stops_the_mail_and_loses_nobody(newsroom: Newsroom) -> None:
    """RLIMIT_FSIZE stands for the full disk: the ledger cannot grow any more, so its next commit fails."""
    await newsroom.run("2023-W41", send=False)
    most = 4096
    async with Script() as server:
        newsroom.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
        full = await asyncio.to_thread(
            newsroom.syndicate,
            "deliver",
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
        )
        one_sentence(full, 5, "store")
        assert server.dots == []
        assert [report.sent for report in await newsroom.deliver()] == [2]


async def test_a_ledger_that_became_unwritable_sends_no_mail(newsroom: Newsroom) -> None:
    async with Script() as server:
        newsroom.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
        await newsroom.run("2023-W41", send=False)
        async with newsroom.app() as app:
            await app.store.database.write(
                lambda connection: connection.exec_driver_sql(
                    "CREATE TRIGGER full BEFORE UPDATE OF state ON deliveries WHEN NEW.state = 'dotting' "
                    "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
                )
            )
        with pytest.raises(StoreError):
            await newsroom.deliver()
    assert server.dots == []


def test_a_folder_with_files_in_it_gets_no_new_site(newsroom: Newsroom) -> None:
    one_sentence(newsroom.syndicate("init", str(newsroom.folder)), 2, "not an empty folder")


def test_a_new_site_is_healthy_and_runs(tmp_path: Path) -> None:
    made = Newsroom(tmp_path / "tools").syndicate("init", str(tmp_path / "mine"))
    assert made.returncode == 0, made.stderr
    site = Newsroom.__new__(Newsroom)
    site.folder = tmp_path / "mine"
    doctor = site.syndicate("doctor")
    assert doctor.returncode == 0, doctor.stdout
    assert "WRONG" not in doctor.stdout
    assert oct((site.folder / "var/secret.keys").stat().st_mode)[-3:] == "600"
    assert site.syndicate("subscribers", "add", "me@readers.example").returncode == 0
    assert site.syndicate("run", "--weekly", "--dry-run").returncode == 0


def test_doctor_says_what_is_wrong(newsroom: Newsroom) -> None:
    (newsroom.folder / "var/secret.keys").chmod(0o644)
    newsroom.configure(more='[hot]\nkind = "file"\npath = "not-there.csv"\n')
    done = newsroom.syndicate("doctor")
    assert done.returncode == 2
    said = dict(line.split(maxsplit=2)[1::-1] for line in done.stdout.splitlines())
    assert (said["secrets"], said["hot"], said["theme"]) == ("WRONG", "look", "ok")
    assert "chmod 600" in done.stdout


def test_doctor_reports_old_names_of_template_variables_and_a_run_goes_on(newsroom: Newsroom) -> None:
    theme = newsroom.folder / "templates/default"
    theme.mkdir(parents=True, exist_ok=True)
    (theme / "broken-link.html").write_text('<a href="{{ base }}">back</a>')
    done = newsroom.syndicate("doctor", "--offline")
    assert done.returncode == 0, done.stdout
    assert "broken-link.html, line 1: `base` is the old name of `web_url`: write `web_url`." in done.stdout


async def test_doctor_does_not_wait_for_a_mail_server_that_says_nothing(newsroom: Newsroom) -> None:
    async with Script({"greeting": [Step("", hang=True)]}) as silent:
        newsroom.configure(smtp=f"smtp+plain://127.0.0.1:{silent.port}")
        async with newsroom.app() as app:
            impatient = replace(app, delivery=replace(app.delivery, grace=0.3))
            (found,) = [check for check in await check_site(impatient) if check.name == "smtp"]
    assert not found.ok
    assert f"The mail server 127.0.0.1:{silent.port} says nothing for 0.3 seconds." in found.said


def test_doctor_names_every_file_of_passwords_and_addresses_that_others_can_read(newsroom: Newsroom) -> None:
    files = [newsroom.folder / name for name in ("var/smtp", "var/imap", "var/hook", "var/syndicate.db")]
    for file in files[:3]:
        newsroom.write(f"var/{file.name}", "p" * 32)
    newsroom.configure(
        smtp='smtps://weekly@127.0.0.1:1"\npassword_file = "var/smtp',
        more='[bounces]\nimap = "imaps://b@127.0.0.1:1/INBOX"\npassword_file = "var/imap"\nhook_secret_file = "var/hook"\n',
    )

    def modes(mode: int) -> tuple[int, set[str]]:
        for file in files:
            file.chmod(mode)
        done = newsroom.syndicate("doctor", "--offline")
        return done.returncode, {line.rpartition("chmod 600 ")[2] for line in done.stdout.splitlines()}

    newsroom.syndicate("subscribers", "list")  # makes the store
    code, commands = modes(0o640)
    assert (code, commands >= {*map(str, files[:3]), f"{files[3]}*"}) == (0, True)
    code, commands = modes(0o600)
    assert (code, [line for line in commands if "read by others" in line or line.startswith("/")]) == (0, [])


async def test_a_dry_run_changes_nothing_else_and_its_mails_are_the_ones_that_are_sent(
    newsroom: Newsroom,
) -> None:
    newsroom.write("articles/other.md", article("Another story", "2023-10-12 09:00", image="none"))
    for number in range(6):  # of one day, whose order is not told by their times
        newsroom.write(f"articles/day{number}.md", article(f"Short {number}", "2023-10-11", image="none"))
    for day in (12, 13):  # of one title, whose pages need two names
        newsroom.write(f"articles/tide{day}.md", article("The tide", f"2023-10-{day}", image="none"))
    before = newsroom.files()
    dry = newsroom.syndicate("run", "--week", "2023-W41", "--dry-run", "--json")
    assert dry.returncode == 0, dry.stderr
    after = newsroom.files()
    changed = {name for name in after if before.get(name) != after[name]}
    assert changed
    assert {name.split("/")[1] for name in changed} == {"dry-run"}
    assert json.loads(dry.stdout)["recipients"] == 2

    await newsroom.run("2023-W41")
    rehearsed = {
        without_date(data) for name, data in after.items() if name.endswith(".eml") and "variant" not in name
    }
    sent = {without_date(mail.partition(b"\r\n")[2].partition(b"\r\n")[2]) for mail in newsroom.mails()}
    assert rehearsed == sent


def without_date(mail: bytes) -> bytes:
    return b"\r\n".join(line for line in mail.split(b"\r\n") if not line.startswith(b"Date: "))
