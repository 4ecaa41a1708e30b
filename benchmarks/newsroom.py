"""A newsroom to measure with: its articles, its subscribers, and a digest of about 60 KB of HTML and 6 KB of text."""

import email
import email.policy
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Newsroom", "found"]

WEEK = "2023-W41"
STORIES = 31
NOUNS = (
    "harbour",
    "ferry",
    "tide",
    "lantern",
    "rope",
    "market",
    "gull",
    "pier",
    "winter",
    "morning",
    "council",
)
VERBS = ("carries", "keeps", "measures", "leaves", "mends", "counts", "opens")

CONFIG = """\
[publication]
title = "The Benchmark"
url = "https://benchmark.example/"
timezone = "UTC"
address = "1 Quay Street"
[[sources]]
name = "desk"
kind = "folder"
path = "articles"
[email]
from = "The Benchmark <weekly@benchmark.example>"
[smtp]
url = "smtp+plain://127.0.0.1:{port}"
connections = {connections}
[delivery]
processes = {processes}
[web]
url = "https://news.benchmark.example/"
[store]
synchronous = "{synchronous}"
{dkim}
"""


@dataclass(frozen=True)
class Newsroom:
    """A site on disk, with its subscribers imported and nothing collected yet."""

    site: Path

    def configure(
        self, port: int, *, connections: int, synchronous: str, processes: int = 1, dkim: str = ""
    ) -> None:
        """Write the configuration. `dkim` is rsa, ed25519 or empty; its key is made at the first use."""
        table = f'[dkim]\nselector = "s"\nkey_file = "{dkim}.pem"' if dkim else ""
        text = CONFIG.format(
            port=port, connections=connections, synchronous=synchronous, processes=processes, dkim=table
        )
        self.config.write_text(text)
        if dkim and not (self.site / f"{dkim}.pem").exists():
            self.config.write_text(text.replace(table, ""))
            self.run(
                "dkim", "new", "--type", dkim, "--selector", "s", "--out", str(self.site / f"{dkim}.pem")
            )
            self.config.write_text(text)

    @property
    def config(self) -> Path:
        """Its configuration file."""
        return self.site / "config" / "syndicate.toml"

    def command(self, *words: str) -> list[str]:
        """Return the command line of a verb for this site."""
        return [sys.executable, "-m", "syndication", "--config", str(self.config), *words]

    def run(self, *words: str) -> None:
        """Run a verb, quietly. Raises CalledProcessError."""
        subprocess.run(self.command(*words), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @property
    def weekly(self) -> Sequence[str]:
        """The command that is measured."""
        return self.command("run", "--week", WEEK)

    def copy(self, folder: Path) -> "Newsroom":
        """Copy the site to another folder, so that every round starts from the same state."""
        return Newsroom(Path(shutil.copytree(self.site, folder, ignore=shutil.ignore_patterns("dry-run"))))

    def mail(self) -> tuple[bytes, str, str]:
        """One whole message as it would be sent, its HTML and its text."""
        self.run("run", "--week", WEEK, "--dry-run")
        raw = min((self.site / "var/dry-run" / WEEK / "mails").glob("0*.eml")).read_bytes()
        text, html = email.message_from_bytes(raw, policy=email.policy.default).iter_parts()
        return raw, html.get_content(), text.get_content()


def found(site: Path, subscribers: int) -> Newsroom:
    """Make one with `subscribers` subscribers, none of them at a provider whose pace is limited."""
    newsroom = Newsroom(site)
    for name in ("config", "articles"):
        (site / name).mkdir(parents=True)
    for number in range(STORIES):
        (site / "articles" / f"{number}.md").write_text(_article(number))
    with (site / "subscribers.csv").open("w") as file:
        file.write("email,name\n")
        file.writelines(
            f"subscriber{at}@mail{at % 50}.example.com,Subscriber {at}\n" for at in range(subscribers)
        )
    newsroom.configure(2525, connections=20, synchronous="full")
    newsroom.run("subscribers", "import", str(site / "subscribers.csv"))
    return newsroom


def _article(number: int) -> str:
    def sentence(at: int) -> str:
        first, second, third = (NOUNS[(number * 5 + at * step) % len(NOUNS)] for step in (3, 7, 2))
        return f"The {first} {VERBS[(number + at) % len(VERBS)]} a {second} before the {third} is {at + 2} years old."

    paragraphs = "\n\n".join(" ".join(sentence(part * 6 + at) for at in range(6)) for part in range(6))
    day = f"2023-10-{9 + number % 7:02} 09:{number % 24:02}"
    title = f"How the {NOUNS[number % len(NOUNS)]} of quarter {number} learned to wait for its {NOUNS[(number + 4) % len(NOUNS)]}"
    image = (
        f"image: https://images.benchmark.example/{number}.jpg\nimage_alt: Quarter {number} in the morning\n"
    )
    section = ("Film", "Music", "Books", "Town")[number % 4]
    return f"---\ntitle: {title}\ndate: {day}\nsection: {section}\nauthor: Writer {number % 9}\n{image}---\n\n{paragraphs}\n"
