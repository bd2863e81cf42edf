"""Time commands in turn (A B A B ...) and print medians and the ratio of each to the first.

    python3 compare.py [-n ROUNDS] 'COMMAND A' 'COMMAND B' ...

A command is one string for the shell; its output is thrown away. One round of each is run first and not counted.
Ratios are taken round by round, so that a machine that gets slower half-way moves both sides. A peak under about
12 MiB is this program's own.
"""
import argparse
import os
import statistics
import subprocess
import time


def run(command):
    """Runs one shell command; returns its wall and CPU (user and system) seconds, peak MiB and exit status."""
    start = time.monotonic()
    process = subprocess.Popen("exec " + command, shell=True, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {"wall": time.monotonic() - start, "cpu": usage.ru_utime + usage.ru_stime,
            "peak": usage.ru_maxrss / 1024, "exit": process.returncode}


def in_turn(commands, rounds, warm_up=True):
    """Runs the commands in turn; returns a list of rounds, each a list of what `run` returns for each command."""
    results = [[run(c) for c in commands] for _ in range(rounds + (1 if warm_up else 0))]
    return results[1:] if warm_up else results


def median(rounds, index, key):
    return statistics.median(r[index][key] for r in rounds)


def ratios(rounds, index, other, key):
    """Command `index` over command `other`, round by round."""
    return [r[index][key] / max(r[other][key], 1e-6) for r in rounds]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=7, help="rounds (7)")
    parser.add_argument("commands", nargs="+", metavar="COMMAND")
    options = parser.parse_args()
    rounds = in_turn(options.commands, options.n)
    for i, command in enumerate(options.commands):
        wall, cpu, peak = (median(rounds, i, k) for k in ("wall", "cpu", "peak"))
        print(f"{command}\n    wall {wall:.3f} s   cpu {cpu:.3f} s   peak {peak:.1f} MiB"
              f"   exit {sorted({r[i]['exit'] for r in rounds})}")
        if i:
            for key in ("wall", "cpu"):
                each = ratios(rounds, i, 0, key)
                print(f"    {key} / first: median {statistics.median(each):.3f} ({min(each):.3f} to {max(each):.3f})")


if __name__ == "__main__":
    main()
