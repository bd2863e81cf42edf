"""More connections than a server can take: crowd.py TCP_PORT PID COUNT

Opens COUNT connections to the server PID and prints how much processor time it uses in the three seconds after. Then it closes
them all, and prints whether a new one gets its pong.
"""
import os, socket, sys, time

port, pid, count = (int(word) for word in sys.argv[1:4])


def used():
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


crowd = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(count)]
time.sleep(0.5)
before = used()
time.sleep(3)
print("used", used() - before)
for one in crowd:
    one.close()
with socket.create_connection(("127.0.0.1", port), 10) as late:
    late.settimeout(10)
    late.sendall(b"\r\n\r\n")
    print("pong", "yes" if late.recv(10) == b"\r\n" else "no")
