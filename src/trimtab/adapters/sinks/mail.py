"""A message as a mail through an SMTP server."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

from trimtab.adapters.sinks.environment import revealed
from trimtab.adapters.sinks.posting import TIMEOUT_SECONDS
from trimtab.adapters.sinks.problems import SinkError
from trimtab.declare.sinks import Email
from trimtab.monitoring.message import Message


class EmailSink:
    """Sends to a declared address."""

    keeps_state = False

    def __init__(self, declared: Email) -> None:
        self._declared = declared
        self.name, self.owner = declared.name, declared.owner

    def send(self, message: Message) -> None:
        """Send one message; raises SinkError when the server did not take it."""
        declared = self._declared
        password = None if declared.password is None else revealed(declared.password, self.name)
        try:
            with _connected(declared) as server:
                if declared.user is not None and password is not None:
                    server.login(declared.user, password)
                server.send_message(mail(message, declared))
        except smtplib.SMTPResponseException as error:
            # the server's words may repeat what was sent to it
            raise SinkError(
                f"{self.name}: the mail server answered {error.smtp_code} ({type(error).__name__})",
                do="check user, password, sender and receiver",
            ) from None
        except (OSError, UnicodeError) as error:
            raise SinkError(
                f"{self.name}: the mail server was not reached or did not take it ({type(error).__name__})",
                do="check host, port, encryption and receiver",
            ) from None


def mail(message: Message, declared: Email) -> EmailMessage:
    """The message as a mail; all mails of one incident are one thread, and a repeat has the same Message-ID."""
    made = EmailMessage(policy=SMTP)
    made["Subject"] = message.title
    made["From"] = declared.sender
    made["To"] = declared.to
    made["Date"] = formatdate(message.at / 1e6, usegmt=True)
    made["Message-ID"] = f"<{message.key}@trimtab.invalid>"
    made["References"] = f"<{message.thread}@trimtab.invalid>"
    made.set_content(message.text())
    return made


def _connected(declared: Email) -> smtplib.SMTP:
    """Return a connection, encrypted as declared before anything is sent over it."""
    if declared.encryption == "tls":
        return smtplib.SMTP_SSL(
            declared.host, declared.port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
        )
    server = smtplib.SMTP(declared.host, declared.port, timeout=TIMEOUT_SECONDS)
    if declared.encryption == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server
