"""A real pjsua (PyPI: pjsua2-python) with outbound, registered through an edge proxy on loopback.

    pjsua.py AOR TRANSPORT SECONDS PORT [--double]      --double: keep-alives of CRLFCRLF instead of pjsip's default, one CRLF

Runs for SECONDS, then unregisters and ends. Prints each answer to REGISTER."""
import sys
import time

import pjsua2 as pj

aor, transport, seconds, port = sys.argv[1:5]
endpoint = pj.Endpoint()
endpoint.libCreate()
settings = pj.EpConfig()
settings.logConfig.level = 0
settings.logConfig.consoleLevel = 0
settings.uaConfig.threadCnt = 0
settings.uaConfig.mainThreadOnly = True
endpoint.libInit(settings)
local = pj.TransportConfig()
local.boundAddress = "127.0.0.1"
local.tlsConfig.verifyServer = False
kinds = {"udp": pj.PJSIP_TRANSPORT_UDP, "tcp": pj.PJSIP_TRANSPORT_TCP, "tls": pj.PJSIP_TRANSPORT_TLS}
endpoint.transportCreate(kinds[transport], local)
endpoint.libStart()
endpoint.audDevManager().setNullDev()


class Account(pj.Account):
    def onRegState(self, state):
        print("REGISTER", state.code, state.reason, flush=True)


account = pj.AccountConfig()
account.idUri = aor
account.regConfig.registrarUri = "sip:" + aor.split("@")[1]
account.regConfig.timeoutSec = 60
account.sipConfig.proxies.append(f"sip:127.0.0.1:{port};transport={transport};lr")
account.natConfig.sipOutboundUse = 1
if "--double" in sys.argv:
    account.natConfig.udpKaData = "\r\n\r\n"


def run(until):
    while time.monotonic() < until:
        endpoint.libHandleEvents(50)


phone = Account()
phone.create(account)
run(time.monotonic() + float(seconds))
phone.setRegistration(False)
run(time.monotonic() + 1)
del phone
endpoint.libDestroy()
