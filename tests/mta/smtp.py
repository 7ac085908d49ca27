"""A plain SMTP client that sends exactly the given text, and the envelopes of tests.

Source: RFC 5321 (SMTP), RFC 3461 (DSN parameters). Only reply codes are parsed.
"""
import dataclasses
import itertools

_labels = itertools.count(1)


@dataclasses.dataclass
class Envelope:
    """One message: sender, recipients, client host. A recipient is the text between RCPT TO: and the line end."""
    recipients: list
    sender: str = "<sender@example.net>"  # followed by MAIL parameters, if any
    size: int = 0                         # bytes of the body
    client: str = "client.example.net"    # the host that connects to the secondary
    header: str = ""                      # header fields before the usual ones
    # The label identifies the message, which is sent once without and once with the milter.
    label: str = dataclasses.field(default_factory=lambda: f"message{next(_labels)}")

    def text(self):
        header = (f"{self.header}From: sender@example.net\r\nTo: somebody@example.org\r\nSubject: {self.label}\r\n"
                  f"Message-ID: <{self.label}@client.example.net>\r\nX-Test-Message: {self.label}\r\n"
                  "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n\r\n")
        line = "x" * 78 + "\r\n"
        return header + (line * (self.size // len(line) + 1))[:self.size].rstrip("\r\n") + "\r\n" * bool(self.size)


class Refused(Exception):
    """An unexpected reply of the server."""


class Session:
    """An SMTP connection from a private host to another."""

    def __init__(self, place, address, port=25, timeout=60):
        self._socket = place.connect(address, port, timeout=timeout)
        self._lines = self._socket.makefile("rb")
        self.expect(220, self.reply())

    def reply(self):
        """(code, text) of the next reply; code 0 if the server has closed the connection."""
        text = b""
        while True:
            line = self._lines.readline()
            if not line:
                return 0, text.decode(errors="replace")
            text += line
            if line[3:4] != b"-":
                return int(line[:3]), text.decode(errors="replace").strip()

    def send(self, text):
        self._socket.sendall(text if isinstance(text, bytes) else text.encode())

    def command(self, line):
        self.send(line + "\r\n")
        return self.reply()

    @staticmethod
    def expect(code, reply):
        if reply[0] != code:
            raise Refused(f"expected {code}, got {reply[1] or 'the end of the connection'}")

    def hello(self, name="client.example.net"):
        self.expect(250, self.command(f"EHLO {name}"))

    def mail(self, envelope):
        """Sends MAIL and all RCPT; returns the replies to RCPT."""
        self.expect(250, self.command(f"MAIL FROM:{envelope.sender}"))
        return [self.command(f"RCPT TO:{recipient}") for recipient in envelope.recipients]

    def data(self, envelope):
        """Sends DATA with the message; returns the reply to its end."""
        self.expect(354, self.command("DATA"))
        return self.finish(envelope.text())

    def finish(self, text):
        self.send(text + ".\r\n")
        return self.reply()

    def close(self):
        try:
            self.send("QUIT\r\n")
        except OSError:
            pass  # the server has already closed
        self._lines.close()
        self._socket.close()

    def __enter__(self):
        self.hello()
        return self

    def __exit__(self, *_):
        self.close()


def send(place, address, envelope):
    """Sends the message in a new session. Returns the RCPT replies and the reply to the end of data."""
    with Session(place, address) as session:
        replies = session.mail(envelope)
        if not any(code == 250 for code, _ in replies):
            return replies, None
        return replies, session.data(envelope)
