"""SMTP servers as configured, with the security that the scheme of each address asks for."""

from dataclasses import dataclass, field
from enum import Enum
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit


class Security(Enum):
    """How a connection is protected. There is no fallback from one to another."""

    TLS = "tls"  # from the first byte (RFC 8314 §3.3)
    STARTTLS = "starttls"  # required: without it there is no session
    PLAIN = "plain"  # loopback only, and never with a login


_SCHEMES = {
    "smtp": (Security.STARTTLS, 587),
    "smtps": (Security.TLS, 465),
    "smtp+plain": (Security.PLAIN, 25),
}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """One server. Its `name` is unique within a site, even if one host has several logins."""

    host: str
    port: int
    security: Security
    username: str = ""
    password: str = field(default="", repr=False)
    alias: str = ""  # the name, if host and port differ from run to run

    @property
    def name(self) -> str:
        """Its name in meters and reports."""
        return self.alias or (f"{self.username}@{self}" if self.username else str(self))

    @property
    def loopback(self) -> bool:
        """Whether the host is this machine, judged by its name (nothing is resolved)."""
        if self.host.lower() in {"localhost", "ip6-localhost"}:
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_server(url: str, password: str = "") -> SmtpServer:
    """Read `smtp://user@host:587` (STARTTLS), `smtps://host:465` or `smtp+plain://127.0.0.1:2525` (loopback only).

    The password is separate from the address, so that no file or log has both. Raises ValueError with one sentence that never quotes
    the address, because it may contain a password by mistake.
    """
    try:
        parts = urlsplit(url.strip())
        port, host, user, secret = parts.port, parts.hostname or "", parts.username or "", parts.password
    except ValueError:
        raise ValueError("the address of the SMTP server has no valid host and port") from None
    if parts.scheme not in _SCHEMES:
        raise ValueError("the address of an SMTP server starts with smtp://, smtps:// or smtp+plain://")
    if secret is not None:
        raise ValueError("the password of the SMTP server does not belong in its address")
    if not host or not host.isascii() or any(c.isspace() for c in host):
        raise ValueError("the address of the SMTP server names no host")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("the address of the SMTP server ends after its port")
    if port == 0:
        raise ValueError("the port of an SMTP server is a positive number")
    security, default_port = _SCHEMES[parts.scheme]
    server = SmtpServer(host, port or default_port, security, unquote(user), password)
    if security is Security.PLAIN and not server.loopback:
        raise ValueError("smtp+plain:// is for servers on this machine; use smtp:// or smtps:// for others")
    if security is Security.PLAIN and (user or password):
        raise ValueError("smtp+plain:// never logs in, because the password would travel unencrypted")
    if password and not user:
        raise ValueError("the SMTP server has a password but its address names no user")
    return server
