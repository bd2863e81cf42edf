"""A phone registers through PORT over TRANSPORT, is asked whether it lives, and gets a MESSAGE from a UDP caller who sends it
to CALLER_PORT: deliver.py TRANSPORT PORT CALLER_PORT. Prints the answer to REGISTER and the MESSAGE as they came."""
import sys
from phone import Phone, deliver

transport, port, caller_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
callee, caller = Phone(transport, port, "callee"), Phone("udp", caller_port, "caller")
answer = callee.register()
assert answer.status == 200 and "outbound" in answer["require"], (answer.start, answer.fields)
assert callee.is_alive()
for _ in range(3):
    message = deliver(caller, callee)
assert callee.register(expires=0).status == 200
caller.say("callee")
gone = caller.response()
print("path", answer["path"])
print("timer", answer["flow-timer"])
print("uri", message.start)
print("vias", len(message.vias))
print("gone", gone.status)
