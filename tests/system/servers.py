# SPDX-License-Identifier: ISC
"""Servers that answer as a test tells them, right or wrong, byte by byte: over TCP, TLS and HTTP/2; and proxies.

One thread a connection.  What a route's function writes is all that the client gets; when it returns, the
connection is closed.  All listen on loopback.
"""
import contextlib
import select
import socket
import ssl
import struct
import subprocess
import threading


class RawServer:
    """Calls play(connection), or the function of the request's path in routes with the connection and the head."""

    def __init__(self, play=None, context=None, address="127.0.0.1", port=0):
        self.routes = {}
        self.play = play
        self.context = context
        self.requests = []  # (path, raw head)
        self.accepted = 0
        self.lock = threading.Lock()
        self.open = set()
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.create_server((address, port), family=family, backlog=128)
        self.port = self.socket.getsockname()[1]
        self.host = "[%s]" % address if ":" in address else address
        self.thread = threading.Thread(target=self.accept)
        self.thread.start()

    def url(self, path="/"):
        return "%s://%s:%d%s" % ("https" if self.context else "http", self.host, self.port, path)

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with self.lock:
                self.accepted += 1
                self.open.add(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, plain):
        connection = plain
        # a client that hangs up in the middle is expected here
        with contextlib.suppress(OSError, ValueError):
            if self.context:
                connection = self.context.wrap_socket(plain, server_side=True)
                with self.lock:
                    self.open.discard(plain)
                    self.open.add(connection)
            if self.play:
                self.play(connection)
            else:
                self.answer(connection)
        with self.lock:
            self.open.discard(plain)
            self.open.discard(connection)
        connection.close()

    def answer(self, connection):
        head = read_head(connection)
        if not head:
            return
        path = head.split(b" ")[1].decode()
        with self.lock:
            self.requests.append((path, head))
        (self.routes.get(path) or self.routes.get(path.split("?")[0], missing))(connection, head)

    def heads(self, path):
        with self.lock:
            return [head for p, head in self.requests if p == path]

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()
        with self.lock:
            for connection in self.open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


def read_head(connection):
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(4096)
        if not piece:
            return b""
        head += piece
    return head


def missing(connection, head):
    connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def answer(body, *headers, status="200 OK"):
    """A route that answers properly."""
    if isinstance(body, str):
        body = body.encode()
    lines = ["HTTP/1.1 " + status, "Content-Length: %d" % len(body), "Connection: close", *headers]

    def play(connection, head=b""):
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    return play


def say(*pieces, reset=False):
    """A route that sends the pieces as they are, and ends the connection in order or with a reset."""
    def play(connection, head=b""):
        for piece in pieces:
            connection.sendall(piece)
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return play


def forever(start, piece, pause=0):
    """A route that sends start, and then piece until the client goes; with a pause, slowly."""
    def play(connection, head=b""):
        connection.sendall(start)
        while not (pause and wait_gone(connection, pause)):
            connection.sendall(piece)
    return play


def silence(*pieces):
    """A route that sends the pieces and then nothing, until the client goes."""
    def play(connection, head=b""):
        for piece in pieces:
            connection.sendall(piece)
        wait_gone(connection)
    return play


def wait_gone(connection, seconds=None):
    """Whether the client went, or seconds have passed."""
    while select.select([connection], [], [], seconds)[0]:
        if not connection.recv(4096):
            return True
        if seconds is not None:
            return False
    return False


# ---- TLS

def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    """A certificate authority that lives in a folder for one test run."""

    def __init__(self, folder, name="authority"):
        self.folder = folder
        self.cert, self.key = folder / (name + ".pem"), folder / (name + ".key")
        openssl("req", "-x509", *self.fresh(self.key), "-out", self.cert, "-subj", "/CN=" + name, "-days", 2)

    @staticmethod
    def fresh(key):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key)

    def issue(self, name, names="IP:127.0.0.1,IP:::1,DNS:localhost", days=2):
        """(certificate, key) files; with days=-1 it has expired."""
        cert, key, request = (self.folder / (name + end) for end in (".pem", ".key", ".csr"))
        openssl("req", "-new", *self.fresh(key), "-out", request, "-subj", "/CN=" + name, "-addext", "subjectAltName=" + names)
        sign = ("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key, "-copy_extensions", "copy", "-out", cert)
        try:
            openssl(*sign, "-days", days)
        except subprocess.CalledProcessError:
            # of OpenSSL 3.4 and later, which takes no days in the past
            openssl(*sign, "-not_before", "20200101000000Z", "-not_after", "20200102000000Z")
        return cert, key

    def context(self, name="server", alpn=("http/1.1",), clients=False, **options):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue(name, **options))
        context.set_alpn_protocols(list(alpn))
        if clients:
            context.load_verify_locations(self.cert)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


# ---- HTTP/2 (RFC 9113), as much as is needed to misbehave

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, CONTINUATION = 0, 1, 3, 4, 6, 7, 9
END_STREAM, END_HEADERS = 1, 4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
STATUS_200 = b"\x88"  # the static table's entry of HPACK


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value):
    """A header field of HPACK that is not indexed."""
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def read_exactly(connection, count):
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def reset(code):
    return lambda connection, stream: connection.sendall(frame(RST_STREAM, 0, stream, code.to_bytes(4, "big")))


def reset_in_body(connection, stream):
    connection.sendall(frame(HEADERS, END_HEADERS, stream, STATUS_200) + frame(DATA, 0, stream, b"<rss"))
    reset(2)(connection, stream)


def http2(play):
    """A play for RawServer that greets and calls play(connection, stream) for each request."""
    def serve(connection):
        with contextlib.suppress(EOFError):
            assert read_exactly(connection, len(PREFACE)) == PREFACE
            connection.sendall(frame(SETTINGS))
            while True:
                head = read_exactly(connection, 9)
                read_exactly(connection, int.from_bytes(head[:3], "big"))
                if head[3] == SETTINGS and not head[4]:
                    connection.sendall(frame(SETTINGS, 1))
                elif head[3] == HEADERS:
                    play(connection, int.from_bytes(head[5:9], "big"))
    return serve


# ---- packed bodies

def zstd_stored(data):
    """RFC 8878: a frame with one block that is stored as it is."""
    assert len(data) < 1 << 17
    return b"\x28\xb5\x2f\xfd\x00\x38" + (len(data) << 3 | 1).to_bytes(3, "little") + data


def brotli_stored(data):
    """RFC 7932: a window of 64 KiB, a block that is stored as it is, and an empty last one."""
    assert 1 < len(data) <= 1 << 16
    # bits from the lowest: WBITS 0; ISLAST 0, MNIBBLES 00 (four), MLEN - 1 in 16, ISUNCOMPRESSED 1
    bits = (len(data) - 1) << 4 | 1 << 20
    return bits.to_bytes(3, "little") + data + b"\x03"


# ---- proxies

def relay(a, b):
    ends = {a: b, b: a}
    while True:
        for ready in select.select(list(ends), [], [])[0]:
            data = ready.recv(65536)
            if not data:
                return
            ends[ready].sendall(data)


class Proxy(RawServer):
    """Names are looked up in a table of the test's: name to (address, port)."""

    def __init__(self, names):
        self.names = names
        self.asked = []
        super().__init__(self.pass_on)


class HttpProxy(Proxy):
    """CONNECT and absolute addresses."""

    def pass_on(self, connection):
        head = read_head(connection)
        if not head:
            return
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        with self.lock:
            self.asked.append((method, target))
            self.requests.append((target, head))
        name = target if method == "CONNECT" else target.split("/")[2]
        with socket.create_connection(self.names[name.split(":")[0]]) as server:
            if method == "CONNECT":
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                server.sendall(head.replace(target.encode(), b"/" + target.encode().split(b"/", 3)[3], 1))
            relay(connection, server)


class SocksProxy(Proxy):
    """SOCKS 5 (RFC 1928) with CONNECT, without a password."""

    def pass_on(self, connection):
        with contextlib.suppress(EOFError):
            count = read_exactly(connection, 2)[1]
            read_exactly(connection, count)
            connection.sendall(b"\x05\x00")
            kind = read_exactly(connection, 4)[3]
            if kind == 3:
                name = read_exactly(connection, read_exactly(connection, 1)[0]).decode()
            else:
                name = socket.inet_ntop(socket.AF_INET if kind == 1 else socket.AF_INET6,
                                        read_exactly(connection, 4 if kind == 1 else 16))
            port = int.from_bytes(read_exactly(connection, 2), "big")
            with self.lock:
                self.asked.append(("name" if kind == 3 else "address", name, port))
            with socket.create_connection(self.names[name]) as server:
                connection.sendall(b"\x05\x00\x00\x01\0\0\0\0\0\0")
                relay(connection, server)


class DaemonSockets:
    """The daemon's control and stream sockets in a folder: each peer gets a thread in talk(peer, name)."""

    def __init__(self, folder):
        self.listeners = []
        for name in ("control", "stream"):
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(folder / (name + ".sock")))
            listener.listen()
            self.listeners.append(listener)
            threading.Thread(target=self.serve, args=(listener, name), daemon=True).start()

    def serve(self, listener, name):
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(peer, name), daemon=True).start()

    def close(self):
        for listener in self.listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
