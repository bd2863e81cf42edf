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


def load(transport, number, journal, lock):
    def note(text):
        with lock:
            journal.write(text + "\n")
            journal.flush()
    try:
        phone, count = Phone(transport, ports[transport], ""), 0
        while True:
            # Each journal has users of its own.
            phone.user = f"{os.path.basename(path)}-{transport}{number}-{count}"
            count += 1
            # Each third one is removed again, each fifth one refreshed.
            for expires in [600] + ([0] if count % 3 == 0 else []) + ([300] if count % 5 == 0 else []):
                note(f"? {phone.user}")
                phone.send(phone.register_request(expires=expires))
                if phone.response(2).status == 200:
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
        threads = [threading.Thread(target=load, args=(("udp", "tcp")[n % 2], n, journal, lock)) for n in range(8)]
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
