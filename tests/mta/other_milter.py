"""Another milter on the host under test, like a policy milter, an archive or a quarantine: it edits recipients.

At the end of each message it deletes the recipients given in its policy, and adds one. It accepts all steps and
changes nothing else. OtherMilter runs it on a host of the tests; to run it by itself:
python3 tests/mta/other_milter.py --socket PATH [--delete ADDRESS...] [--delete-all] [--add ADDRESS] [--client IP].
Source: libmilter/docs and include/libmilter/mfdef.h of Sendmail (protocol version 6).
"""
import argparse
import contextlib
import dataclasses
import os
import pathlib
import socket
import struct
import threading

VERSION = 6
ADD_RECIPIENT, DELETE_RECIPIENT = 0x04, 0x08  # SMFIF_ADDRCPT, SMFIF_DELRCPT
NEGOTIATE, CONNECT, MAIL, RCPT, END_OF_MESSAGE = b"O", b"C", b"M", b"R", b"E"
QUIT, QUIT_SESSION, MACRO, ABORT = b"Q", b"K", b"D", b"A"
ADD, DELETE, CONTINUE = b"+", b"-", b"c"


@dataclasses.dataclass
class Policy:
    delete: list = ()         # addresses to delete if the client gives them, in upper or lower case
    delete_all: bool = False  # delete every recipient that the client gives
    add: str = None           # an address to add; with delete or delete_all, only where a recipient is deleted
    client: str = None        # an IP address: only mail from it is edited, not the mail that returns from the primary

    def deletes(self, recipient):
        address = recipient.strip(b"<>").decode(errors="replace").lower()
        return self.delete_all or address in {wanted.lower() for wanted in self.delete}

    def edits(self, recipients):
        """(command, recipient) in sending order; `recipients` as given by the MTA."""
        deleted = [recipient for recipient in dict.fromkeys(recipients) if self.deletes(recipient)]
        always = not self.delete and not self.delete_all
        added = [f"<{self.add}>".encode()] if self.add and (deleted or always) else []
        return [(ADD, recipient) for recipient in added] + [(DELETE, recipient) for recipient in deleted]


class Milter:
    """Listens on a UNIX socket until it is closed, with one thread for each connection."""

    def __init__(self, path, policy):
        self.edits = []  # edits so far: "+ <ADDRESS>", "- <ADDRESS>"
        self._policy = policy
        self._path = pathlib.Path(path)
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        os.chmod(self._path, 0o666)
        self._listener.listen(64)

    def serve(self):
        with contextlib.suppress(OSError):  # the socket was closed
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve_one, args=(connection,), daemon=True).start()

    def close(self):
        self._path.unlink(missing_ok=True)
        self._listener.shutdown(socket.SHUT_RDWR)  # ends accept(), which close() does not
        self._listener.close()

    def _serve_one(self, connection):
        recipients, client = [], ""
        with connection, connection.makefile("rwb") as stream, contextlib.suppress(OSError):
            while (packet := _read(stream)) is not None and packet[0] != QUIT:
                command, content = packet
                if command == CONNECT:  # NAME, NUL, family, port, ADDRESS, NUL
                    client = content.partition(b"\0")[2][3:].rstrip(b"\0").decode()
                elif command in (MAIL, ABORT, QUIT_SESSION):
                    recipients = []
                elif command == RCPT:
                    recipients.append(content.partition(b"\0")[0])
                elif command == END_OF_MESSAGE and self._policy.client in (None, client):
                    self._edit(stream, recipients)
                if command == NEGOTIATE:
                    version = min(VERSION, struct.unpack("!I", content[:4])[0])  # Postfix: milter_protocol
                    _write(stream, NEGOTIATE, struct.pack("!III", version, ADD_RECIPIENT | DELETE_RECIPIENT, 0))
                elif command not in (MACRO, ABORT, QUIT_SESSION):
                    _write(stream, CONTINUE)

    def _edit(self, stream, recipients):
        for command, recipient in self._policy.edits(recipients):
            self.edits.append(f"{command.decode()} {recipient.decode(errors='replace')}")
            _write(stream, command, recipient + b"\0")


def _read(stream):
    """(command, content) of the next packet, or None at the end."""
    head = stream.read(5)
    if len(head) < 5:
        return None
    return head[4:], stream.read(struct.unpack("!I", head[:4])[0] - 1)


def _write(stream, command, content=b""):
    stream.write(struct.pack("!I", len(content) + 1) + command + content)
    stream.flush()


class OtherMilter:
    """Runs on a mail host during its `with` block: OtherMilter(host, delete=["user@example.com"]); see Policy.

    alone, before, behind: settings of the mail system that call this milter without shorthop, before shorthop and
    after shorthop; for Tables.secondary, or as milter_settings of a comparison.
    """

    def __init__(self, host, **policy):
        (key, shorthop), = host.MILTER.items()
        if key == "smtpd_milters":
            path, separator = "/var/spool/postfix/other/milter.sock", ", "
            other = "{ unix:other/milter.sock, default_action=tempfail }"
        else:
            path, separator = "/run/other/milter.sock", ""
            other = f"INPUT_MAIL_FILTER(`other', `S=unix:{path}, F=T, T=C:5s;S:10s;R:10s;E:30s')dnl\n"
        self.alone = {key: other}
        self.before = {key: other + separator + shorthop}
        self.behind = {key: shorthop + separator + other}
        self._path = host.place.path(path)
        self._policy = Policy(**policy)
        self._milter = None

    def __enter__(self):
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._milter = Milter(self._path, self._policy)
        threading.Thread(target=self._milter.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._milter.close()

    @property
    def edits(self):
        """The edits so far: "+ <ADDRESS>", "- <ADDRESS>"."""
        return self._milter.edits


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--socket", required=True, metavar="PATH")
    parser.add_argument("--delete", nargs="+", default=[], metavar="ADDRESS")
    parser.add_argument("--delete-all", action="store_true")
    parser.add_argument("--add", metavar="ADDRESS")
    parser.add_argument("--client", metavar="IP")
    options = vars(parser.parse_args())
    with contextlib.suppress(KeyboardInterrupt):
        Milter(options.pop("socket"), Policy(**options)).serve()


if __name__ == "__main__":
    main()
