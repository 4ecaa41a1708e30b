"""What is frozen with a mailing can be read back, from stores of the first versions too."""

from syndication.domain.frozen import HeaderFacts

STORED = {
    "sender": "Weekly <weekly@hanok.example>",
    "reply_to": "",
    "list_id": "weekly.hanok.example",
    "feedback": "0123456789ab",
    "unsubscribe_mailto": "leave@hanok.example",
    "bounces": "bounces@hanok.example",
    "web_url": "https://news.hanok.example/",
    "timezone": "Asia/Seoul",
    "domain": "hanok.example",
    "dkim": "r1._domainkey.hanok.example",
}


def test_the_header_facts_of_a_mailing_are_stored_under_these_keys() -> None:
    assert HeaderFacts.parse(STORED).document() == STORED


def test_a_mailing_of_the_first_versions_has_no_return_paths_and_no_signature() -> None:
    first = {name: value for name, value in STORED.items() if name not in {"feedback", "bounces", "dkim"}}
    facts = HeaderFacts.parse(first)
    assert (facts.feedback, facts.bounces, facts.dkim, facts.domain) == ("", "", "", "hanok.example")
