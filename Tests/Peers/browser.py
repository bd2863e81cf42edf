"""A browser phone on Debian's websockets library: browser.py URL UDP_PORT

It registers with outbound, checks Ping and Pong, CRLF keep-alives in text and binary, gets a MESSAGE from a UDP caller over
its flow, and tries what a server must refuse. Prints the subprotocol, the Path and the Contact's transport.
"""
import asyncio, os, ssl, sys
import websockets
from phone import Message, Phone

url, udp_port = sys.argv[1], int(sys.argv[2])
scheme = url.split(":")[0]
context = ssl.create_default_context(cafile=sys.argv[3]) if scheme == "wss" else None
AOR, HOST = "sip:browser@example.com", os.urandom(6).hex() + ".invalid"


def register(sequence, expires, body=""):
    return "\r\n".join([
        "REGISTER sip:example.com SIP/2.0", f"Via: SIP/2.0/{scheme.upper()} {HOST};branch=z9hG4bK{os.urandom(8).hex()}",
        "Max-Forwards: 70", f"From: <{AOR}>;tag=t", f"To: <{AOR}>", f"Call-ID: {HOST}", f"CSeq: {sequence} REGISTER",
        "Supported: path, outbound", f"Expires: {expires}",
        f"Contact: <sip:browser@{HOST};transport=ws;ob>;reg-id=1;"
        "+sip.instance=\"<urn:uuid:6b1ae0c8-2f0f-4a7e-9d61-0f2a6d1c5e11>\"",
        f"Content-Length: {len(body)}", "", body])


def octets(message):
    return message.encode() if isinstance(message, str) else message


async def take(ws):
    return octets(await asyncio.wait_for(ws.recv(), 10))


async def refused(**options):
    try:
        async with websockets.connect(url, ssl=context, **options):
            return "accepted"
    except Exception as error:
        return str(error)


async def main():
    async with websockets.connect(url, ssl=context, subprotocols=["sip"], ping_interval=None) as ws:
        print("subprotocol", ws.subprotocol)
        await ws.send(register(1, 600))
        answer = Message(await take(ws))
        assert answer.status == 200 and "outbound" in answer["require"], (answer.start, answer.fields)
        print("path", answer["path"])
        print("timer", answer["flow-timer"])
        for payload in (b"", b"12345678", b"x" * 125):
            await asyncio.wait_for(await ws.ping(payload), 10)
        for ping in ("\r\n\r\n", b"\r\n\r\n"):
            await ws.send(ping)
            assert await take(ws) == b"\r\n"
        # A message in fragments is one message.
        text = register(2, 600)
        await ws.send([text[:20], text[20:300], text[300:]])
        assert Message(await take(ws)).status == 200
        # So is one that no datagram could hold.
        await ws.send(register(3, 600, "x" * 66_000))
        assert Message(await take(ws)).status == 200
        caller = Phone("udp", udp_port, "caller")
        caller.say("browser", "Grüße")
        message = Message(await take(ws))
        assert message.method == "MESSAGE" and message.body.decode() == "Grüße", message.start
        print("uri", message.start)
        print("via", message.vias[0].split()[0])
        await ws.send(message.answer().decode())
        assert (await asyncio.to_thread(caller.response)).status == 200
        await ws.send(register(4, 0))
        assert Message(await take(ws)).status == 200
        await ws.close()
        print("closed", ws.close_code)
    print("refused", await refused())
    print("refused", await refused(subprotocols=["xmpp"]))
    # A flow that ended takes its calls along: registered, gone, and the next call finds nobody.
    async with websockets.connect(url, ssl=context, subprotocols=["sip"]) as ws:
        await ws.send(register(5, 600))
        assert Message(await take(ws)).status == 200
    caller = Phone("udp", udp_port, "caller")
    caller.say("browser")
    print("gone", (await asyncio.to_thread(caller.response)).status)

asyncio.run(main())
