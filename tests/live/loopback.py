"""Loopback ports for tests of faults: they pass bytes between a client and a server, and stop when the test wants it."""
import contextlib
import socket
import threading
import time

from server import free_port


@contextlib.contextmanager
def listening(serve):
    """A loopback port; `serve` gets each connection, on a thread of its own."""
    with socket.create_server(("127.0.0.1", free_port())) as listener:
        def accept():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=served, args=(connection,), daemon=True).start()

        def served(connection):
            with connection, contextlib.suppress(OSError):
                serve(connection)

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def forward(connection, port, limit):
    """Passes everything from the connection to the server, and the first `limit` bytes back."""
    with socket.create_connection(("127.0.0.1", port)) as server:
        def upstream():
            with contextlib.suppress(OSError):
                while words := connection.recv(4096):
                    server.sendall(words)

        threading.Thread(target=upstream, daemon=True).start()
        while limit > 0 and (words := server.recv(min(limit, 4096))):
            connection.sendall(words)
            limit -= len(words)


@contextlib.contextmanager
def hanging_relay(to, limit):
    """A port that passes the first `limit` bytes on to a server, and then nothing in either direction."""
    def serve(connection):
        is_hung = threading.Event()
        with socket.create_connection(("127.0.0.1", to)) as onward:
            def downstream():
                with contextlib.suppress(OSError):
                    while (words := onward.recv(4096)) and not is_hung.is_set():
                        connection.sendall(words)

            threading.Thread(target=downstream, daemon=True).start()
            left = limit
            while left > 0 and (words := connection.recv(min(left, 4096))):
                left -= len(words)
                onward.sendall(words)
            is_hung.set()
            time.sleep(60)

    with listening(serve) as port:
        yield port


@contextlib.contextmanager
def frozen_relay(to):
    """Gives (port, freeze): the port passes everything on in both directions until freeze() is called, then nothing."""
    frozen = threading.Event()

    def pump(source, target):
        with contextlib.suppress(OSError):
            while words := source.recv(4096):
                if frozen.is_set():
                    return
                target.sendall(words)

    def serve(connection):
        with socket.create_connection(("127.0.0.1", to)) as onward:
            threading.Thread(target=pump, args=(connection, onward), daemon=True).start()
            if not frozen.is_set():
                pump(onward, connection)
            if frozen.is_set():
                time.sleep(60)

    with listening(serve) as port:
        yield port, frozen.set
