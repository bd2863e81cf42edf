"""A UDP phone that registers once, sees its edge end and come back, and is still reached: restart.py PORT"""
import os, sys, time
from phone import Phone, deliver

port = int(sys.argv[1])
phone = Phone("udp", port, "patient")
assert phone.register().status == 200
print("registered", flush=True)


def answers():
    try:
        return phone.is_alive(0.2)
    except ConnectionRefusedError:
        time.sleep(0.05)
        return False


def wait(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain for the edge"
        time.sleep(0.02)


wait(lambda: not answers())
wait(answers)
phone.waiting.clear()
deliver(Phone("udp", port, "caller"), phone)
print("delivered")
