"""What `sipob register-test --flows` does on loopback: the measuring behind the group `register` of marks.py.

The yardstick's registrar is on core 0 and the clients in turn on core 1, where there are two cores and taskset.
"""
import json
import os
import re
import subprocess
import tempfile
import time

from edge import HOME, free_port, pin

HELD = 60  # seconds, as in register_hold.xml


def timed(command, statuses=(0,), timeout=400):
    """Runs a command on core 1: what it printed, and its wall and CPU seconds and peak MB."""
    start = time.monotonic()
    with tempfile.TemporaryFile("w+") as file:
        process = subprocess.Popen(pin(1) + command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.DEVNULL,
                                   env={**os.environ, "XDG_CONFIG_HOME": os.path.join(HOME, "out", "config")})
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        file.seek(0)
        text = file.read()
    if process.returncode not in statuses:
        raise RuntimeError(f"{os.path.basename(command[0])} ended with {process.returncode}")
    return text, {"wall": time.monotonic() - start, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss * 1024 / 1e6}


def load(sipob, transport, port, flows, *options):
    """The member `load` of sipob's report, and what the process used."""
    text, usage = timed([sipob, "register-test", "sip:u*@127.0.0.1", "--registrar", f"sip:127.0.0.1:{port};transport={transport}",
                         "--flows", str(flows), "--expires", "3600", "--json", *options])
    return json.loads(text)["load"], usage


def flood(sipob, transport, port, flows=1000, seconds=2):
    """Registrations a second of kept flows, and CPU seconds for each."""
    found, _ = load(sipob, transport, port, flows, "--flood", "--hold", str(seconds), "--no-keep-alive")
    return found["held_registrations_per_s"], found["held_cpu_each_s"]


def limit(transport, port, flows=1000, seconds=2):
    """The same of the yardstick: seconds that opening took, and registrations a second."""
    text, _ = timed([os.path.join(HOME, "out", "reg_limit"), "flood", transport, str(port), str(flows), str(seconds)])
    found = re.search(r"opened in ([\d.]+) s, ([\d.]+) registrations/s", text)
    return float(found[1]), float(found[2])


def sipp(mode, port, count, scenario="register_uac.xml", *options):
    """sipp's wall, CPU and peak for so many registrations; mode is u1, un, t1 or tn."""
    command = ["sipp", f"127.0.0.1:{port}", "-sf", os.path.join(HOME, scenario), "-i", "127.0.0.1", "-p", str(free_port()),
               "-t", mode, "-m", str(count), "-buff_size", "4000000", "-max_socket", "18000", "-nostdin", *options]
    # sipp ends with 99 when the calls are over but something was odd, such as a port that it had to look for.
    return timed(command, statuses=(0, 99))[1]
