"""Compare what `sipob pcap-audit --json` says of a capture of make_capture's with the truth written beside it.

    python3 truth.py SIPOB CAPTURE TRUTH.json

Speed counts only with equal results. Prints how many flows differ and the first few of them; exits 1 when one does.
"""
import json
import subprocess
import sys

# How each injected violation shows, by transport and by whether a Flow-Timer was announced. A gap that is only longer
# than a default is a warning, since the default of streams has a second, much longer place (RFC 5626 section 4.4.1).
SIGNS = {
    "late_keepalive": {("udp", True): "OB-FT-004", ("tcp", True): "OB-FT-004", ("udp", False): "OB-STUN-003",
                       ("tcp", False): "OB-KA-008"},
    "missing_pong": {("udp", True): "OB-STUN-011", ("udp", False): "OB-STUN-011", ("tcp", True): "OB-KA-010",
                     ("tcp", False): "OB-KA-010"},
    "no_failure_reaction": {("udp", True): "OB-STUN-004", ("udp", False): "OB-STUN-004", ("tcp", True): "OB-KA-006",
                            ("tcp", False): "OB-KA-006"},
    "mapping_change_ignored": {("udp", True): "OB-STUN-006", ("udp", False): "OB-STUN-006"},
}


def expected(flow):
    kind = flow["transport"], flow["flow_timer"] is not None
    return {
        "instance": flow["instance"], "reg_id": flow["reg_id"], "flow_timer": flow["flow_timer"],
        "keepalives": flow["keepalives"], "pongs": flow["pongs"], "end": flow["end"],
        "violations": sorted(SIGNS[name][kind] for name in flow["violations"]),
    }


def reported(flow, violations):
    registration = flow["registrations"][0] if len(flow["registrations"]) == 1 else {}
    return {
        "instance": registration.get("instance"), "reg_id": registration.get("reg_id"),
        "flow_timer": registration.get("flow_timer_s"),
        "keepalives": flow["keepalive"]["pings"], "pongs": flow["keepalive"]["pongs"],
        "end": "replaced" if flow["replaced_by"] else "open" if registration.get("registered") else "closed",
        "violations": sorted(violations),
    }


def differences(sipob, capture, truth):
    """One sentence for each flow that differs, and the number of flows in the truth."""
    with open(truth) as file:
        wanted = {(f["transport"], f["agent"], f["proxy"]): expected(f) for f in json.load(file)["flows"]}
    done = subprocess.run([sipob, "pcap-audit", "--json", capture], stdout=subprocess.PIPE, check=False)
    if done.returncode not in (0, 1):
        return [f"sipob ended with {done.returncode}"], len(wanted)
    report = json.loads(done.stdout)
    violations = {}
    for finding in report["findings"]:
        if finding["verdict"] in ("fail", "warn"):
            violations.setdefault(finding["subject"], set()).add(finding["requirement"])
    seen = {(f["transport"], f["client"], f["server"]): reported(f, violations.get(f["id"], ())) for f in report["flows"]}
    texts = [f"{key}: reported {seen.get(key)}, truth {want}" for key, want in wanted.items() if seen.get(key) != want]
    return texts + [f"{key}: no such flow" for key in seen if key not in wanted], len(wanted)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    texts, flows = differences(*sys.argv[1:])
    print(f"{len(texts)} differing flows of {flows}")
    print(*texts[:5], sep="\n", end="\n" if texts else "")
    sys.exit(1 if texts else 0)
