"""Load for an edge that is killed, and the look afterwards:

    crash.py load UDP_PORT TCP_PORT JOURNAL     registers, refreshes and removes users until the edge is gone
    crash.py some UDP_PORT TCP_PORT JOURNAL     registers ten users over UDP
    crash.py refused UDP_PORT TCP_PORT JOURNAL  registers one more, prints the status, and notes nothing
    crash.py check UDP_PORT TCP_PORT JOURNAL    asks for each user of the journal, and prints how many are as acknowledged

A line of the journal is "? USER" before a request goes out, then "+ USER" or "- USER" when it was acknowledged.
"""
import os, sys, threading
from phone import Phone

verb, ports, path = sys.argv[1], {"udp": int(sys.argv[2]), "tcp": int(sys.argv[3])}, sys.argv[4]


def acknowledged(phone, request):
    """Whether a REGISTER is answered with 200. Over UDP it is sent again, as phones do, until the edge answers or its
    port is closed: a phone that gave up and closed its socket would be told of as gone by the edge's late answer."""
    is_udp = phone.transport == "udp"
    for _ in range(30):
        phone.send(request)
        try:
            answer = phone.response(2 if is_udp else 60)
            while answer["cseq"] != f"{phone.cseq} REGISTER":
                answer = phone.response(2)
            return answer.status == 200
        except AssertionError:
            if not is_udp:
                raise
    raise AssertionError(f"no answer to {phone.user}")


def load(phone, number, journal, lock):
    def note(text):
        with lock:
            journal.write(text + "\n")
            journal.flush()
    try:
        count = 0
        while True:
            # Each journal has users of its own.
            phone.user = f"{os.path.basename(path)}-{phone.transport}{number}-{count}"
            count += 1
            # Each third one is removed again, each fifth one refreshed.
            for expires in [600] + ([0] if count % 3 == 0 else []) + ([300] if count % 5 == 0 else []):
                note(f"? {phone.user}")
                if acknowledged(phone, phone.register_request(expires=expires)):
                    note(("+ " if expires else "- ") + phone.user)
    except (OSError, AssertionError):
        pass  # The edge is gone.


def check():
    state = {}
    for line in open(path):
        if line.endswith("\n"):
            state[line[2:-1]] = line[0]
    phone = Phone("udp", ports["udp"], "")
    for user, wanted in state.items():
        phone.user = user
        bound = len(phone.query())
        assert wanted == "?" or bound == (1 if wanted == "+" else 0), f"{user}: {wanted}, and {bound} bound"
    print("users", len(state))


if verb == "load":
    with open(path, "w") as journal:
        lock = threading.Lock()
        # Held here: a flow whose phone closes it has no bindings any more.
        phones = [Phone(transport, ports[transport], "") for transport in ("udp", "tcp") * 4]
        threads = [threading.Thread(target=load, args=(phone, n, journal, lock)) for n, phone in enumerate(phones)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
elif verb == "some":
    with open(path, "w") as journal:
        phone = Phone("udp", ports["udp"], "")
        for number in range(10):
            phone.user = f"some-{number}"
            assert phone.register().status == 200
            journal.write(f"+ {phone.user}\n")
elif verb == "refused":
    print("status", Phone("udp", ports["udp"], "refused").register().status)
else:
    check()
