"""A browser phone that registers with outbound, and then says nothing any more: idle.py URL

Prints the status of the REGISTER, and the code with which the WebSocket is closed.
"""
import asyncio, os, sys
import websockets
from phone import Message

AOR, HOST = "sip:idle@example.com", os.urandom(6).hex() + ".invalid"
REGISTER = "\r\n".join([
    "REGISTER sip:example.com SIP/2.0", f"Via: SIP/2.0/WS {HOST};branch=z9hG4bK{os.urandom(8).hex()}",
    "Max-Forwards: 70", f"From: <{AOR}>;tag=t", f"To: <{AOR}>", f"Call-ID: {HOST}", "CSeq: 1 REGISTER",
    "Supported: path, outbound", "Expires: 600",
    f"Contact: <sip:idle@{HOST};transport=ws;ob>;reg-id=1;"
    "+sip.instance=\"<urn:uuid:6b1ae0c8-2f0f-4a7e-9d61-0f2a6d1c5e12>\"", "Content-Length: 0", "", ""])


async def main():
    async with websockets.connect(sys.argv[1], subprotocols=["sip"], ping_interval=None) as ws:
        await ws.send(REGISTER)
        answer = await ws.recv()
        print("status", Message(answer if isinstance(answer, bytes) else answer.encode()).status, flush=True)
        await asyncio.wait_for(ws.wait_closed(), 60)
        print("closed", ws.close_code)


asyncio.run(main())
