"""Peak memory of each process of a run, read from /proc while it works: an extra run, never a timed one. What lives for
less than a few milliseconds may be missed; of many such workers some are met."""
import os
import subprocess
import time

ROLES = ("runner", "zygote", "broker", "journal keeper", "worker")


def children(process):
    try:
        with open(f"/proc/{process}/task/{process}/children") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def peak(process):
    """MiB; 0: it has ended."""
    try:
        with open(f"/proc/{process}/status") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def watch(command, folder):
    """Role → MiB. The runner forks the zygote, that forks the broker first and then the workers; the broker forks the
    process that makes its journals."""
    peaks = dict.fromkeys(ROLES, 0.0)
    run = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    broker = None

    def note(role, process):
        peaks[role] = max(peaks[role], peak(process))

    while run.poll() is None:
        note("runner", run.pid)
        for zygote in children(run.pid):
            note("zygote", zygote)
            forked = children(zygote)
            broker = broker if broker in forked else min(forked, default=None)
            for process in forked:
                note("broker" if process == broker else "worker", process)
            for keeper in children(broker) if broker else []:
                note("journal keeper", keeper)
        time.sleep(0.001)
    if run.returncode != 0:
        raise SystemExit(f"tools/bench: {command} ended with exit code {run.returncode} in {folder}")
    return peaks
