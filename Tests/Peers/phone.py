"""A SIP phone with outbound of a few lines, on plain loopback sockets: no code of ours between a test and the wire.

Scripts beside this file use it. A false assertion ends them with a trace and status 1.
"""
import os, re, select, socket, ssl, struct, time, uuid

PING, PONG = b"\r\n\r\n", b"\r\n"
COOKIE = 0x2112A442


class Message:
    """A request or response: start line, header fields by lower-case name (several are joined by a comma), body."""

    def __init__(self, octets):
        head, _, self.body = octets.partition(b"\r\n\r\n")
        lines = head.decode("utf-8", "replace").split("\r\n")
        self.start, self.fields, self.vias = lines[0], {}, []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            name, value = name.strip().lower(), value.strip()
            if name == "via":
                self.vias.append(value)
            self.fields[name] = self.fields[name] + ", " + value if name in self.fields else value

    @property
    def status(self):
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else 0

    @property
    def method(self):
        return "" if self.status else self.start.split()[0]

    def __getitem__(self, name):
        return self.fields.get(name.lower(), "")

    def answer(self, status="200 OK"):
        lines = [f"SIP/2.0 {status}"] + [f"Via: {via}" for via in self.vias]
        lines += [f"From: {self['from']}", f"To: {self['to']};tag=callee", f"Call-ID: {self['call-id']}",
                  f"CSeq: {self['cseq']}", "Content-Length: 0", "", ""]
        return "\r\n".join(lines).encode()


def readable(peer, seconds):
    """Like select, which stops at 1,024 descriptors."""
    poller = select.poll()
    poller.register(peer, select.POLLIN)
    return bool(poller.poll(max(0, seconds) * 1000))


class Phone:
    def __init__(self, transport, port, user, reg_id=1, instance=None):
        self.transport, self.user, self.reg_id, self.cseq = transport, user, reg_id, 0
        self.instance = instance or uuid.uuid4()
        self.call_id, self.buffer, self.waiting = os.urandom(8).hex(), b"", []
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.connect(("127.0.0.1", port))
        self.local = "%s:%d" % self.socket.getsockname()
        if transport == "tls":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)

    @property
    def aor(self):
        return f"sip:{self.user}@example.com"

    def send(self, octets):
        self.socket.sendall(octets if isinstance(octets, bytes) else octets.encode())

    def request(self, method, uri, fields=(), to=None, body=""):
        self.cseq += 1
        lines = [f"{method} {uri} SIP/2.0",
                 f"Via: SIP/2.0/{self.transport.upper()} {self.local};rport;branch=z9hG4bK{os.urandom(8).hex()}",
                 "Max-Forwards: 70", f"From: <{self.aor}>;tag=t", f"To: <{to or self.aor}>",
                 f"Call-ID: {self.call_id}", f"CSeq: {self.cseq} {method}", *fields,
                 f"Content-Length: {len(body.encode())}", "", body]
        return "\r\n".join(lines)

    def register_request(self, expires=600, contact=True):
        fields = ["Supported: path, outbound", f"Expires: {expires}"]
        if contact:
            fields.append(f"Contact: <sip:{self.user}@{self.local};transport={self.transport};ob>"
                          f";reg-id={self.reg_id};+sip.instance=\"<urn:uuid:{self.instance}>\"")
        return self.request("REGISTER", "sip:example.com", fields)

    def register(self, **arguments):
        self.send(self.register_request(**arguments))
        return self.response()

    def query(self):
        """What is bound to the address-of-record, one line each."""
        answer = self.register(contact=False)
        assert answer.status == 200, answer.start
        return re.findall(r"<[^>]*>[^<]*\+sip.instance", answer["contact"]) or (
            [answer["contact"]] if answer["contact"] else [])

    # What comes in: octets of a stream are cut into pongs and messages.

    def _cut(self):
        while self.buffer:
            if self.buffer.startswith(PONG):
                self.waiting.append(PONG)
                self.buffer = self.buffer[2:]
                continue
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            length = re.search(rb"\r\n(?:content-length|l)[ \t]*:[ \t]*(\d+)", self.buffer[:end + 2], re.I)
            whole = end + 4 + (int(length.group(1)) if length else 0)
            if len(self.buffer) < whole:
                return
            self.waiting.append(self.buffer[:whole])
            self.buffer = self.buffer[whole:]

    def receive(self, seconds=10):
        """The next thing: octets; None when none comes in time or the connection ended."""
        end = time.monotonic() + seconds
        while not self.waiting:
            left = end - time.monotonic()
            pending = self.transport == "tls" and self.socket.pending()
            if left <= 0 or not (pending or readable(self.socket, left)):
                return None
            octets = self.socket.recv(65536)
            if not octets:
                return None
            if self.transport == "udp":
                self.waiting.append(octets)
            else:
                self.buffer += octets
                self._cut()
        return self.waiting.pop(0)

    def response(self, seconds=10):
        """The next final response."""
        end = time.monotonic() + seconds
        while True:
            octets = self.receive(end - time.monotonic())
            assert octets is not None, f"no answer to {self.user} over {self.transport}"
            if octets[:8] == b"SIP/2.0 " and Message(octets).status >= 200:
                return Message(octets)

    def take_request(self, method, seconds=10):
        """Waits for a request and answers it with 200."""
        end = time.monotonic() + seconds
        while True:
            octets = self.receive(end - time.monotonic())
            assert octets is not None, f"no {method} came to {self.user} over {self.transport}"
            if octets.startswith(method.encode() + b" "):
                message = Message(octets)
                self.send(message.answer())
                return message

    def is_alive(self, seconds=10):
        """One keep-alive of the transport's kind; whether it was answered, and with the right address."""
        if self.transport != "udp":
            self.send(PING)
            return self.receive(seconds) == PONG
        transaction = os.urandom(12)
        self.send(struct.pack("!HHI", 1, 0, COOKIE) + transaction)
        octets = self.receive(seconds)
        if not octets or octets[:2] != b"\x01\x01" or octets[8:20] != transaction:
            return False
        place = octets.find(b"\x00\x20\x00\x08\x00\x01")
        port = struct.unpack("!H", octets[place + 6:place + 8])[0] ^ (COOKIE >> 16)
        return place > 0 and port == self.socket.getsockname()[1]

    def say(self, callee, body="Are you there?"):
        """Sends a MESSAGE to another user."""
        uri = f"sip:{callee}@example.com"
        self.send(self.request("MESSAGE", uri, ["Content-Type: text/plain"], uri, body))


def deliver(caller, callee):
    """A MESSAGE from one phone to the address-of-record of another: it must arrive, and its 200 come back."""
    caller.say(callee.user)
    message = callee.take_request("MESSAGE")
    assert message.body == b"Are you there?", message.body
    answer = caller.response()
    assert answer.status == 200, answer.start
    return message
