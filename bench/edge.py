"""What `sipob edge` does on loopback: the measuring behind the group `edge` of marks.py.

Servers are pinned to core 0 and loads to core 1, where there are two cores and taskset.
"""
import contextlib
import os
import re
import resource
import shutil
import socket
import struct
import subprocess
import tempfile
import time

PINNED = bool(shutil.which("taskset")) and (os.cpu_count() or 1) > 1
HOME = os.path.dirname(os.path.abspath(__file__))


def pin(core):
    return ["taskset", "-c", str(core)] if PINNED else []


def free_port():
    """Of both UDP and TCP, below the ports that outgoing sockets take."""
    for port in range(20000 + os.getpid() % 6000, 32000):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            try:
                udp.bind(("127.0.0.1", port))
                tcp.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port between 20000 and 32000")


def ended(process):
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def until_up(process, port):
    for _ in range(400):
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[len(pin(0))]} ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.025)
    raise RuntimeError(f"{process.args[len(pin(0))]} does not listen")


@contextlib.contextmanager
def server(arguments, port):
    """A server that listens on TCP `port` at the latest when this goes on."""
    process = subprocess.Popen(pin(0) + arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        until_up(process, port)
        yield process
    finally:
        ended(process)


@contextlib.contextmanager
def edge(sipob):
    """`sipob edge` on UDP and TCP, without a judge: its process and port."""
    port = free_port()
    listen = [word for transport in ("udp", "tcp") for word in ("--listen", f"{transport}:127.0.0.1:{port}")]
    with server([sipob, "edge", "-q"] + listen, port) as process:
        yield process, port


@contextlib.contextmanager
def reg_limit():
    """The yardstick's registrar, which answers pings too: its process and port."""
    port = free_port()
    with server([os.path.join(HOME, "out", "reg_limit"), "serve", str(port)], port) as process:
        yield process, port


@contextlib.contextmanager
def coturn():
    """The port of a coturn that answers STUN alone, with one relay thread."""
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        command = ["turnserver", "-n", "--stun-only", "-m", "1", "-L", "127.0.0.1", "-p", str(port), "--no-tls", "--no-dtls",
                   "--no-cli", "--log-file", "stdout", "--pidfile", os.path.join(directory, "pid")]
        with server(command, port):
            yield port


@contextlib.contextmanager
def kamailio_registrar():
    """The port of a Kamailio registrar, its processes pinned like any server's, or None; and why it is None."""
    rig = os.path.join(HOME, "..", "Tests", "Kamailio", "rig.sh")
    with tempfile.TemporaryDirectory() as directory:
        started = subprocess.run([rig, "start", directory, str(os.getpid())], capture_output=True, text=True)
        if started.returncode:
            lines = started.stderr.strip().splitlines()
            yield None, lines[0] if lines else "no Kamailio"
            return
        try:
            with open(os.path.join(directory, "env")) as file:
                names = dict(line.strip().split("=", 1) for line in file)
            main = int(names["REGISTRAR_PID"])
            for process in [main] + children(main):
                if PINNED:
                    subprocess.run(["taskset", "-a", "-c", "-p", "0", str(process)], capture_output=True)
            yield int(names["REGISTRAR_PORT"]), None
        finally:
            subprocess.run([rig, "stop", directory], capture_output=True)


def children(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{pid}/children") as file:
        found = [int(word) for word in file.read().split()]
        return found + [further for child in found for further in children(child)]
    return []


def registrations(transport, port, seconds=2, flows=1000):
    """Registrations a second of one flood of kept flows."""
    command = pin(1) + [os.path.join(HOME, "out", "reg_limit"), "flood", transport, str(port), str(flows), str(seconds)]
    text = subprocess.run(command, capture_output=True, text=True, timeout=60 + seconds).stdout
    return float(re.search(r"([\d.]+) registrations/s", text)[1])


def round_trips(port, seconds=1.5, window=256):
    """STUN Binding round trips a second."""
    command = pin(1) + [os.path.join(HOME, "out", "stun_limit"), "flood", str(port), str(seconds), str(window)]
    return float(re.match(r"([\d.]+) round trips/s", subprocess.run(command, capture_output=True, text=True).stdout)[1])


# ---- holding flows ----

def descriptors():
    """How many files a process may have open, raised to what the host allows; the children inherit it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def memory(pid):
    """Resident octets of a process."""
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(r"VmRSS:\s+(\d+) kB", file.read())[1]) * 1024


class Hold:
    """What many held flows cost, and what became of them."""

    def __init__(self, server, flows, seconds):
        loads = []
        with server as (process, port):
            idle = memory(process.pid)
            for host, count in ((2, flows // 2), (4, flows - flows // 2)):
                command = pin(1) + [os.path.join(HOME, "out", "hold_limit"), str(port), str(count), str(seconds), str(host)]
                loads.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            # Shortly before the loads end: every flow has registered and been pinged.
            time.sleep(max(1, seconds - 2))
            self.octets_each = (memory(process.pid) - idle) / flows
            texts = [load.communicate(timeout=seconds + 120)[0] for load in loads]
        self.texts = [text.strip() for text in texts]
        pattern = re.compile(r"(\d+) registered .* (\d+) lost, (\d+) pings unanswered.* p99 ([\d.]+) ms")
        numbers = [pattern.search(text) for text in texts]
        self.bad = flows if None in numbers else sum(
            int(each[2]) + int(each[3]) for each in numbers) + flows - sum(int(each[1]) for each in numbers)
        self.p99 = max((float(each[4]) for each in numbers if each), default=float("inf"))


# ---- a flow that is cut ----

def request(method, uri, transport, number, fields, to="sip:cut@example.com"):
    return (f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{transport} 127.0.0.1:5060;branch=z9hG4bKcut{method}{number};rport\r\n"
            f"From: <sip:load@example.com>;tag=t{number}\r\nTo: <{to}>\r\nCall-ID: {method}{number}@127.0.0.1\r\n"
            f"CSeq: {number} {method}\r\nMax-Forwards: 70\r\n{fields}Content-Length: 0\r\n\r\n").encode()


class Phone:
    """One flow of an instance over TCP."""

    def __init__(self, port, number, reg_id):
        self.socket = socket.create_connection(("127.0.0.1", port), 5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        contact = (f"Supported: path, outbound\r\nContact: <sip:cut@127.0.0.1:5060;transport=tcp>;reg-id={reg_id};"
                   f"+sip.instance=\"<urn:uuid:00000000-0000-4000-8000-000000000001>\"\r\nExpires: 600\r\n")
        self.socket.sendall(request("REGISTER", "sip:example.com", "TCP", 10 * number + reg_id, contact))
        answer = self.receive()
        if not answer.startswith("SIP/2.0 200"):
            raise RuntimeError("REGISTER was answered " + answer.split("\r\n")[0])
        self.path = re.search(r"^Path: <(.*?)>", answer, re.M)[1]

    def receive(self):
        self.socket.settimeout(5)
        text = b""
        while b"\r\n\r\n" not in text:
            more = self.socket.recv(65536)
            if not more:
                raise RuntimeError("the edge closed a flow")
            text += more
        return text.decode()

    def cut(self):
        """Ends the flow with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def cut_times(sipob, rounds=20):
    """Seconds from a request with the token of a flow that has just been cut to its 430; and from a MESSAGE for the
    address-of-record, just after a cut, to its arrival on the instance's other flow. Two lists."""
    failed, arrived = [], []
    with edge(sipob) as (_, port), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
        caller.connect(("127.0.0.1", port))
        caller.settimeout(5)
        for number in range(1, 2 * rounds + 1):
            kept, cut = Phone(port, number, 2), Phone(port, number, 1)
            cut.cut()
            if number % 2:
                message = request("MESSAGE", "sip:cut@127.0.0.1:5060", "UDP", number, f"Route: <{cut.path}>\r\n")
            else:
                message = request("MESSAGE", "sip:cut@example.com", "UDP", number, "")
            start = time.monotonic()
            caller.send(message)
            answer = final(caller) if number % 2 else kept.receive()
            (failed if number % 2 else arrived).append(time.monotonic() - start)
            if not answer.startswith("SIP/2.0 430" if number % 2 else "MESSAGE "):
                raise RuntimeError("after a cut there came " + answer.split("\r\n")[0])
            kept.socket.close()
            if not number % 2:
                final(caller)
    return failed, arrived


def final(caller):
    """The next answer that is not provisional."""
    while True:
        answer = caller.recv(65536).decode()
        if not answer.startswith("SIP/2.0 1"):
            return answer
