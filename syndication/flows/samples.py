"""Readers who are not on the list, to look at an edition as anybody may get it."""

from dataclasses import dataclass
from datetime import timedelta

from syndication.domain.delivery import Recipient
from syndication.flows.app import App
from syndication.flows.letters import sample
from syndication.flows.proof import Proof

__all__ = ["Sample", "samples"]

LONG_NAME = "Maximiliana Alexandrina von Hohenstein-Oldenburg und zu Rosenberg-Wertheim"
RIGHT_TO_LEFT_NAME = "نور الهدى بنت عبد الله"


@dataclass(frozen=True, slots=True)
class Sample:
    """`id` is short, for addresses and file names; `label` is for people."""

    id: str
    label: str
    reader: Recipient


def samples(app: App, proof: Proof, *, languages: bool = True) -> tuple[Sample, ...]:
    """One without a name first; then long and right-to-left names, each other language (unless `languages` is False), and choices of topics."""
    plain = sample(app.keyring, proof.main.language)
    named = plain._replace(name="Ann Lee", since=proof.mailing.date - timedelta(days=400))
    others = [each.language for each in proof.mailing.variants[1:] if languages]
    topics = proof.main.topics
    return (
        Sample("no-name", "No name", plain),
        Sample("long-name", "A very long name", named._replace(name=LONG_NAME)),
        Sample("right-to-left", "A right-to-left name", named._replace(name=RIGHT_TO_LEFT_NAME)),
        *(Sample(f"in-{each}", f"Reads {each}", named._replace(language=each)) for each in others),
        *(
            Sample(f"only-{each}", f"Chose {each} alone", named._replace(topics=(each,)))
            for each in topics[:2]
        ),
        Sample("no-topic", "Chose topics of other weeks", named._replace(topics=(".",))),
    )
