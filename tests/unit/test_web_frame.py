"""The mail in its frame: what a mail program would make of it, without a change of what is sent."""

import pytest

from syndication.web.preview.frame import ClientOptions, Look, as_shown, frame_policy

MAIL = """<html><head><title>x</title><meta name="color-scheme" content="light dark" />
<style>:root { color-scheme: light dark; } @media (prefers-color-scheme:dark) { p { color: #ffffff; } }
@media screen and (prefers-color-scheme: light) { p { color: #000000; } }</style></head>
<body style="margin:0"><p class="ink" style="color:#1b1916" lang="en">(prefers-color-scheme: dark)</p>
<img src="https://feeds.example/media/ab.png" alt="a" style="width:9px"><img src="https://else.example/media/b.png" alt="b">
<source media="(prefers-color-scheme: dark)" srcset="d.png"></body></html>"""


def shown(look: Look = Look.LIGHT, *, styles: bool = True) -> str:
    return as_shown(
        MAIL, ClientOptions(look, styles=styles), folder="https://feeds.example/", media="/media/"
    )


@pytest.mark.parametrize(
    ("look", "dark", "light"),
    [
        (Look.LIGHT, "(max-width: 0px)", "(min-width: 0px)"),
        (Look.DARK, "(min-width: 0px)", "(max-width: 0px)"),
        (Look.FORCED, "(max-width: 0px)", "(min-width: 0px)"),  # who forces asks no media query
    ],
)
def test_the_colour_scheme_that_the_mail_asks_for_is_answered_in_its_styles(
    look: Look, dark: str, light: str
) -> None:
    html = shown(look)
    assert f"@media {dark} {{ p {{ color: #ffffff" in html
    assert f"@media screen and {light} {{" in html
    assert f'<source media="{dark}"' in html
    scheme = "dark" if look is Look.DARK else "light"
    assert f"color-scheme: {scheme};" in html
    assert f'<meta name="color-scheme" content="{scheme}" />' in html


def test_what_the_mail_says_about_media_queries_stays_as_it_is() -> None:
    assert ">(prefers-color-scheme: dark)</p>" in shown(Look.DARK)


def test_forced_dark_turns_all_colours_round_but_those_of_images() -> None:
    assert shown(Look.FORCED).count("invert(1)") == 2
    assert "invert" not in shown(Look.DARK)


def test_stripped_of_styles_nothing_is_left_of_them() -> None:
    html = shown(styles=False)
    assert "style" not in html.replace("styles", "")
    assert '<p class="ink" lang="en">' in html


def test_images_of_ours_are_taken_from_this_machine_and_others_from_where_they_are() -> None:
    assert 'src="/media/ab.png"' in shown()
    assert 'src="https://else.example/media/b.png"' in shown()


def test_a_link_cannot_lead_the_frame_away() -> None:
    assert shown().count('<head><base target="_blank">') == 1
    assert "allow-popups" not in frame_policy(ClientOptions())


def test_the_frame_has_no_scripts_and_without_images_none_is_fetched() -> None:
    assert frame_policy(ClientOptions()).startswith(
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' http: https:"
    )
    assert "img-src 'none'" in frame_policy(ClientOptions(images=False))
    assert "allow-scripts" not in frame_policy(ClientOptions())
