from pathlib import Path

import pytest

from syndication.errors import TemplateError
from syndication.render.labels import load_labels
from syndication.render.lines import TemplateLine
from syndication.render.templates import Templates
from syndication.render.theme import search_path, shipped_folder
from tests.unit.render_editions import PUBLICATION, edition, merged, renderer

SHIPPED = shipped_folder() / "default"


LEAVE = "{{ slot('unsubscribe') }}\n"
LEFT = "https://news.bell.example/u/t?a=1&b=2\n"


def theme(tmp_path: Path, name: str, **files: str) -> Path:
    """A site's templates folder with one theme; `digest__mjml` stands for `digest.mjml`."""
    folder = tmp_path / "templates" / name
    folder.mkdir(parents=True)
    for file, text in files.items():
        (folder / file.replace("__", ".")).write_text(text, "utf-8")
    return tmp_path / "templates"


def test_the_shipped_theme_is_found_wherever_the_site_is() -> None:
    assert (SHIPPED / "digest.mjml").is_file()


def test_a_site_overrides_the_default_theme_file_by_file(tmp_path: Path) -> None:
    folder = theme(tmp_path, "default", digest__txt="Only {{ lead.title }}\n" + LEAVE)
    html, text = merged(renderer(folder).digest(edition(), "en"))
    assert text == "Only Notes on bells\n" + LEFT
    assert "Unsubscribe" in html


def test_a_theme_of_another_name_falls_back_to_the_default_theme(tmp_path: Path) -> None:
    folder = theme(tmp_path, "autumn", digest__txt="Autumn\n" + LEAVE)
    html, text = merged(renderer(folder, theme="autumn").digest(edition(), "en"))
    assert text == "Autumn\n" + LEFT
    assert "Unsubscribe" in html


def test_a_theme_builds_on_a_file_of_another_theme_by_its_name(tmp_path: Path) -> None:
    digest = (shipped_folder() / "plain" / "digest.mjml").read_text("utf-8")
    assert '{% import "default/macros.mjml" as m with context %}' in digest
    folder = theme(tmp_path, "autumn", digest__mjml=digest, macros__mjml="none of the default's")
    html, _ = merged(renderer(folder, theme="autumn").digest(edition(), "en"))
    assert "Notes on bells" in html


def test_a_file_of_another_theme_is_the_sites_copy_where_it_has_one(tmp_path: Path) -> None:
    folder = theme(tmp_path, "plain", digest__txt='{% include "default/greeting.txt" %}')
    (folder / "default").mkdir()
    (folder / "default" / "greeting.txt").write_text("The site's own {{ lead.title }}\n" + LEAVE, "utf-8")
    _, text = merged(renderer(folder, theme="plain").digest(edition(), "en"))
    assert text == "The site's own Notes on bells\n" + LEFT


OLD = {
    "edition_url": "web",
    "count_in_words": "spelled",
    "has_movement": "moving",
    "{{ more }}": "{{ hidden }}",
    "{% if more %}": "{% if hidden %}",
    "section.more_count": "section.left",
    "entry.movement": "entry.words",
}


def in_old_names(file: str) -> str:
    text = (SHIPPED / file).read_text("utf-8")
    for new, old in OLD.items():
        text = text.replace(new, old)
    return text


def test_a_theme_with_the_old_names_of_variables_makes_the_same_mail_and_page(tmp_path: Path) -> None:
    files = ("digest.txt", "edition.html", "macros.mjml")
    old = {file.replace(".", "__"): in_old_names(file) for file in files}
    site = renderer(theme(tmp_path, "default", **old))
    assert len(site.old_names()) >= 10
    assert site.digest(edition(), "en") == renderer().digest(edition(), "en")
    assert site.edition_page(edition()) == renderer().edition_page(edition())


def test_an_old_name_of_a_variable_is_reported_with_its_line_unless_the_template_sets_it(
    tmp_path: Path,
) -> None:
    folder = theme(
        tmp_path,
        "own",
        digest__txt="Read\n{{ web }}\n{% for each in hot %}{{ each.words }}{% endfor %}\n",
        page__html="{% set base = 1 %}{{ base }}{% macro m(web) %}{{ web }}{% endmacro %}",
        broken__html="{{",
    )
    assert renderer(folder, theme="own").old_names() == (
        "templates/own/digest.txt, line 2: `web` is the old name of `edition_url`: write `edition_url`.",
        "templates/own/digest.txt, line 3: `words` is the old name of `movement`: write `movement`.",
    )
    assert renderer().old_names() == renderer(theme="plain").old_names() == ()


def test_a_file_that_a_mail_and_a_page_share_is_marked_in_the_mail_alone(tmp_path: Path) -> None:
    folder = theme(tmp_path, "own", mail__mjml="{% include 'own/shared.html' %}", shared__html="One\ntwo")
    for _ in range(2):  # the second time it finds what was compiled the first time
        templates = Templates.on([folder / "own"], [folder])
        assert templates.page("own/shared.html", {}) == "One\ntwo"
        mail, lines = templates.mjml("mail.mjml", {})
        assert (mail, lines.at(mail.index("two"))) == ("One\ntwo", TemplateLine("own/shared.html", 2))


def test_a_template_that_changed_is_read_anew(tmp_path: Path) -> None:
    folder = theme(tmp_path, "own", page__html="")
    for greeting in ("Good morning", "Good evening"):
        (folder / "own" / "page.html").write_text(greeting)
        assert Templates.on([folder / "own"], [folder]).page("page.html", {}) == greeting


@pytest.mark.parametrize("name", ["missing", "../default", ""])
def test_a_theme_that_is_nowhere_is_refused(name: str) -> None:
    with pytest.raises(TemplateError, match="is in none of the template folders"):
        search_path([shipped_folder()], name)


BROKEN = {
    "a syntax error": ("one\n{% if %}\n", "templates/own/digest.txt, line 2: "),
    "an unknown name": (
        "one\ntwo\n{{ leed.title }}\n",
        "templates/own/digest.txt, line 3: 'leed' is undefined.",
    ),
    "an unknown field": ("\n{{ lead.titel }}", "templates/own/digest.txt, line 2: .*titel"),
    "a missing include": (
        "\n\n{% include 'gone.txt' %}",
        "The template gone.txt is in none of the template folders, which is used in templates/own/digest.txt, line 3.",
    ),
    "a division by zero": ("\n{{ 1 / 0 }}", "templates/own/digest.txt, line 2: division by zero."),
    "an open region": (
        "{{ begin('named') }}Hello",
        "templates/own/digest.txt: the region 'named' is not closed.",
    ),
}


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_text_template_is_told_by_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    folder = theme(tmp_path, "own", digest__txt=text)
    with pytest.raises(TemplateError, match=message) as caught:
        renderer(folder, theme="own").digest(edition(), "en")
    assert caught.value.hint
    assert str(tmp_path) not in str(caught.value)


def test_a_fault_in_the_mjml_is_told_by_the_line_of_the_template_that_made_it(tmp_path: Path) -> None:
    shipped = (SHIPPED / "digest.mjml").read_text("utf-8")
    wanted = '<mj-section css-class="gutter" padding="26px 40px 40px 40px">'
    broken = shipped.replace(wanted, '<mj-section css-class="gutter" padding="0 40px">')
    number = next(n for n, line in enumerate(shipped.splitlines(), 1) if wanted in line)
    folder = theme(tmp_path, "own", digest__mjml=broken)
    with pytest.raises(
        TemplateError,
        match=f'templates/own/digest.mjml, line {number}: padding="0 40px" gives Outlook wrong widths',
    ):
        renderer(folder, theme="own").digest(edition(), "en")


def test_a_fault_in_a_macro_is_told_by_the_macros_file_and_line(tmp_path: Path) -> None:
    shipped = (SHIPPED / "macros.mjml").read_text("utf-8")
    broken = shipped.replace(' alt="{{ story.image.alt }}"', "")
    number = next(
        n for n, line in enumerate(shipped.splitlines(), 1) if ' alt="{{ story.image.alt }}"' in line
    )
    folder = theme(tmp_path, "own", macros__mjml=broken)
    with pytest.raises(TemplateError, match=f"templates/own/macros.mjml, line {number}: <img> has no alt"):
        renderer(folder, theme="own").digest(edition(), "en")


def test_a_misspelt_name_is_told_without_a_module_of_ours(tmp_path: Path) -> None:
    folder = theme(tmp_path, "own", digest__txt="{{ lead.titel }}")
    with pytest.raises(TemplateError, match=r"digest\.txt, line 1: StoryView has no attribute 'titel'\."):
        renderer(folder, theme="own").digest(edition(), "en")


def test_a_template_cannot_reach_into_python(tmp_path: Path) -> None:
    folder = theme(tmp_path, "own", digest__txt="{{ lead.__class__.__mro__ }}")
    with pytest.raises(TemplateError, match=r"templates/own/digest\.txt, line 1: .*unsafe"):
        renderer(folder, theme="own").digest(edition(), "en")


def test_a_catalogue_of_the_site_adds_a_language(tmp_path: Path) -> None:
    folder = theme(tmp_path, "default")
    (folder / "default" / "locale").mkdir()
    (folder / "default" / "locale" / "pt.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Unsubscribe"\nmsgstr "Cancelar"\n',
        "utf-8",
    )
    variant = renderer(folder).digest(edition(), "pt-PT")
    assert ">Cancelar</a>" in variant.html
    assert "sexta-feira, 20 de novembro de 2026" in variant.html


def test_a_broken_catalogue_is_told_by_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "templates" / "default" / "locale" / "fr.po"
    file.parent.mkdir(parents=True)
    file.write_text('msgid "a"\nmsgstr "b"\n\nmsgid c\n', "utf-8")
    with pytest.raises(
        TemplateError, match=r"templates/default/locale/fr\.po, line 4: not a gettext catalogue"
    ):
        load_labels("fr", PUBLICATION.timezone, [tmp_path / "templates" / "default"])


def only(flag: str, text: str) -> str:
    return "{{ begin('F') }}T{{ end('F') }}".replace("F", flag).replace("T", text)


FRAME = (
    "<mjml><mj-body><mj-section><mj-column><mj-text><h1>Bell</h1></mj-text>\n"
    "<mj-text>%s</mj-text>\n</mj-column></mj-section></mj-body></mjml>\n"
)
HREF = """<a href="{{ slot('unsubscribe') }}">Leave</a>"""
NOT_FOR_ALL = {
    "no link": ("<p>Bye</p>", 3),
    "an address that is no link": ("<p>{{ slot('unsubscribe') }}</p>", 2),
    "a link without words": ("""<a href="{{ slot('unsubscribe') }}"> </a>""", 2),
    "a link nobody sees": ("""<a style="display: none" href="{{ slot('unsubscribe') }}">Leave</a>""", 2),
    "a link in a comment": (f"<!-- {HREF} -->", 2),
    "a link for subscribers with a name": (only("named", HREF), 2),
    "a link for readers of one topic": (only("topic:city", HREF), 2),
}


@pytest.mark.parametrize(("body", "line"), NOT_FOR_ALL.values(), ids=NOT_FOR_ALL)
def test_a_digest_without_an_unsubscribe_link_for_everybody_is_refused(
    tmp_path: Path, body: str, line: int
) -> None:
    folder = theme(tmp_path, "own", digest__mjml=FRAME % body)
    with pytest.raises(TemplateError) as caught:
        renderer(folder, theme="own").digest(edition(), "en")
    wanted = f"templates/own/digest.mjml, line {line}: not every subscriber gets an unsubscribe link."
    assert caught.value.message == wanted
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "body",
    [
        HREF,
        f"<table><tr><td>{HREF}</td></tr></table>",
        """<a class="x" href="{{ slot('unsubscribe') }}"><img src="https://a.example/x.png" alt="Leave" /></a>""",
        only("named", HREF) + only("unnamed", HREF),
        """<a style="font-size:0.9em" href="{{ slot('unsubscribe') }}"><b>Leave</b></a>""",
    ],
    ids=["a link", "in a table", "an image", "one for each of a pair", "small print"],
)
def test_an_unsubscribe_link_may_look_as_it_likes(tmp_path: Path, body: str) -> None:
    folder = theme(tmp_path, "own", digest__mjml=FRAME % body)
    assert "Leave" in renderer(folder, theme="own").digest(edition(), "en").html


@pytest.mark.parametrize(
    ("text", "line"),
    [("One\nTwo {{ lead.title }}", 2), ("One\n{{ begin('since') }}\n" + LEAVE + "{{ end('since') }}", 3)],
    ids=["none", "for some"],
)
def test_a_text_part_without_an_unsubscribe_link_for_everybody_is_refused(
    tmp_path: Path, text: str, line: int
) -> None:
    folder = theme(tmp_path, "own", digest__txt=text)
    with pytest.raises(TemplateError, match=rf"own/digest\.txt, line {line}: not every subscriber"):
        renderer(folder, theme="own").digest(edition(), "en")
