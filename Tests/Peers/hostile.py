"""Bad input of all kinds, while a good phone goes on: hostile.py UDP_PORT TCP_PORT TLS_PORT VECTORS_DIRECTORY

After each kind the good phones (UDP and TCP) refresh and are asked whether they live; at the end a MESSAGE goes between them.
Prints one line a kind.
"""
import glob, os, random, resource, socket, sys, time
from phone import Phone, deliver, readable

udp, tcp, tls = (int(text) for text in sys.argv[1:4])
messages = [open(name, "rb").read() for name in sorted(glob.glob(sys.argv[4] + "/*.dat"))]
random.seed(5626)
good = [Phone("udp", udp, "good-udp"), Phone("tcp", tcp, "good-tcp")]


def stays_good(kind, count):
    for phone in good:
        answer = phone.register()
        assert answer.status == 200 and "outbound" in answer["require"], (kind, answer.start)
        assert phone.is_alive(), (kind, phone.transport)
    print(kind, count, flush=True)


def datagram(octets):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", udp))
        try:
            sender.send(octets)
        except OSError:
            pass


def stream(port, octets, then_close=True):
    sender = socket.create_connection(("127.0.0.1", port))
    sender.settimeout(10)
    try:
        sender.sendall(octets)
    except OSError:
        pass  # The edge may hang up on it.
    if then_close:
        sender.close()
    return sender


def is_ended(peer, seconds=10):
    """Whether the edge ends the connection in that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if readable(peer, 0.1):
            try:
                if not peer.recv(65536):
                    return True
            except OSError:
                return True
    return False


stays_good("start", 0)

for message in messages:
    datagram(message)
    stream(tcp, message)
stays_good("torture", len(messages))

halves = [message[:random.randrange(1, len(message))] for message in messages]
waiting = []
for half in halves:
    datagram(half)
    waiting.append(stream(tcp, half, then_close=False))
stays_good("halves", len(halves))
for connection in waiting:
    connection.close()

noise = [random.randbytes(random.choice((1, 2, 3, 20, 500, 1400))) for _ in range(1500)]
for octets in noise:
    datagram(octets)
for octets in noise[:200]:
    stream(tcp, octets)
stays_good("noise", len(noise))

# Octets of good messages, some of them changed.
for number in range(1000):
    octets = bytearray(good[0].register_request().encode() if number % 2 else random.choice(messages))
    for _ in range(random.choice((1, 3, 30))):
        octets[random.randrange(len(octets))] = random.randrange(256)
    datagram(bytes(octets))
stays_good("changed", 1000)

hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
for octets in (b"", b"\x00", b"GET / HTTP/1.1\r\n\r\n", hello, hello + os.urandom(600), os.urandom(5000),
               b"REGISTER sip:example.com SIP/2.0\r\n\r\n"):
    stream(tls, octets)
stays_good("tls", 7)

# One header field of 1 MB, a first line without end, a body that never comes.
start = b"OPTIONS sip:example.com SIP/2.0\r\n"
ended = 0
for octets in (start + b"X: " + b"x" * (1 << 20) + b"\r\n\r\n", b"A" * (1 << 20),
               start + b"Content-Length: 4000000000\r\n\r\n" + b"b" * (1 << 20),
               start + b"X: y\r\n" * 200_000):
    ended += is_ended(stream(tcp, octets, then_close=False))
stays_good("large", ended)
assert ended == 4, f"{ended} of 4 that are too large were hung up on"

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
silent = []
for _ in range(min(3000, hard - 100)):
    silent.append(socket.create_connection(("127.0.0.1", tcp)))
stays_good("silent", len(silent))
late = Phone("tcp", tcp, "late")
assert late.register().status == 200
for connection in silent:
    connection.close()

deliver(good[0], good[1])
deliver(late, good[0])
stays_good("end", 0)
