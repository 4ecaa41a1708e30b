"""Connecting to a mail server: aiosmtplib connects, starts TLS, says EHLO and logs in. Each step is tried once; a failure is one sentence.

A wrong password is offered once per connection. aiosmtplib would offer it once per method, and servers lock out clients that insist.
"""

import base64
import ssl
from collections.abc import Iterator

import aiosmtplib

from syndication.deliver.server import Security, SmtpServer
from syndication.deliver.transaction import NO_REPLY
from syndication.deliver.wire import clean_reply
from syndication.domain.delivery import Reply

# Logins need TLS anyway, so the plain methods come first: a server that stores hashes of passwords cannot check CRAM-MD5.
_LOGINS = ("plain", "login", "cram-md5")
# Replies to a method that a server only advertises (RFC 5321 §4.2.2), or finds too weak (RFC 4954 §6).
_ABOUT_THE_METHOD = {500, 501, 502, 503, 504, 534}
_SYNTAX = {500, 501}
_STEP_BY_STEP = {"plain", "login"}
_GO_ON, _LOGGED_IN = 334, 235  # RFC 4954 §4

# X509_V_ERR_… of OpenSSL (x509_vfy.h)
_EXPIRED, _NOT_YET, _OTHER_NAME, _OTHER_ADDRESS = 10, 9, 62, 64
_UNTRUSTED = {2, 18, 19, 20, 21}  # self-signed, or of an authority that is not known here


async def connected(
    server: SmtpServer, *, ssl_context: ssl.SSLContext | None, hostname: str, seconds: float
) -> aiosmtplib.SMTP | Reply:
    """Return a client that is secured, has introduced itself as `hostname` and is logged in; or the reply that says why not.

    `seconds` is the timeout of each step: connecting, greeting, EHLO, TLS, every command of the login.
    """
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        local_hostname=hostname,
        timeout=seconds,
        use_tls=server.security is Security.TLS,
        start_tls=server.security is Security.STARTTLS,
        tls_context=None if server.security is Security.PLAIN else ssl_context,
    )
    try:
        await client.connect()
        if client.is_ehlo_or_helo_needed:
            await _introduce(client)
        if server.username:
            await _log_in(client, server)
    except aiosmtplib.SMTPResponseException as error:
        client.close()
        return clean_reply(error.code, error.message, str(server))
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        client.close()
        return clean_reply(NO_REPLY, _words(error, server), str(server))
    except BaseException:  # cancelled between two replies
        client.close()
        raise
    return client


async def _introduce(client: aiosmtplib.SMTP) -> None:
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        if not client.is_connected:
            raise
        await client.helo()


async def _log_in(client: aiosmtplib.SMTP, server: SmtpServer) -> None:
    """Log in with the first method that works. A reply about the user or the password is final."""
    if not server.password:
        raise ValueError(
            "its address names a user, and there is no password (smtp.password_file or SYNDICATE_SMTP__PASSWORD)"
        )
    offered = client.server_auth_methods
    methods = [each for each in _LOGINS if each in offered]
    if not methods:
        raise ValueError(f"it offers no login method that we know ({', '.join(offered) or 'none at all'})")
    steps = {"plain": client.auth_plain, "login": client.auth_login, "cram-md5": client.auth_crammd5}
    for method in methods:
        try:
            try:
                await steps[method](server.username, server.password)
            except aiosmtplib.SMTPAuthenticationError as error:
                if method not in _STEP_BY_STEP or not _about_the_form(error):
                    raise
                await _log_in_step_by_step(client, method, server.username, server.password)
        except aiosmtplib.SMTPAuthenticationError as error:
            if error.code not in _ABOUT_THE_METHOD or method == methods[-1]:
                raise
        else:
            return


def _about_the_form(error: aiosmtplib.SMTPAuthenticationError) -> bool:
    """Whether the server did not understand the command, as one that allows no initial response (RFC 4954 §4) does not."""
    return error.code in _SYNTAX or (error.code not in _ABOUT_THE_METHOD and error.message.startswith("5.5."))


async def _log_in_step_by_step(client: aiosmtplib.SMTP, method: str, user: str, password: str) -> None:
    """Log in without an initial response. Raises SMTPAuthenticationError."""
    words = (f"\0{user}\0{password}",) if method == "plain" else (user, password)
    reply = await client.execute_command(b"AUTH", method.upper().encode())
    for word in words:
        if reply.code != _GO_ON:
            break
        reply = await client.execute_command(base64.b64encode(word.encode()))
    if reply.code != _LOGGED_IN:
        raise aiosmtplib.SMTPAuthenticationError(reply.code, reply.message)


def _words(error: Exception, server: SmtpServer) -> str:
    """Return what failed, for the operator who has to fix it."""
    if isinstance(error, aiosmtplib.SMTPConnectTimeoutError) and "ready message" in str(error):
        starttls = server.security is Security.STARTTLS
        return "it did not greet" + (": perhaps it expects TLS from the start (smtps://)" if starttls else "")
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _certificate(cause)
        if isinstance(cause, ssl.SSLError):
            return _no_tls(cause, server)
    if "upgrading transport" in str(error):
        late = isinstance(error, aiosmtplib.SMTPTimeoutError)
        return f"it {'did not finish' if late else 'broke off'} the TLS handshake"
    return str(error) or type(error).__name__


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _certificate(error: ssl.SSLCertVerificationError) -> str:
    number = error.verify_code
    if number == _EXPIRED:
        return "its certificate has expired"
    if number == _NOT_YET:
        return "its certificate is not valid yet"
    if number in {_OTHER_NAME, _OTHER_ADDRESS}:
        return "its certificate is for another name"
    if number in _UNTRUSTED:
        return "its certificate is signed by an authority that this machine does not trust"
    return f"its certificate is not valid: {error.verify_message}"


def _no_tls(error: ssl.SSLError, server: SmtpServer) -> str:
    if error.reason == "WRONG_VERSION_NUMBER":
        tls = server.security is Security.TLS
        return "its answer is not TLS" + (": perhaps it expects STARTTLS (smtp://)" if tls else "")
    reason = (error.reason or "").replace("_", " ").lower()
    return f"TLS failed: {reason or error}"
