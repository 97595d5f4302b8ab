"""Where a script's time goes: system calls, syncs, context switches and processor time of 300 more scripts, by process.
Two runs are subtracted, so that what a run costs by itself is not in the figures."""
import collections
import os
import re
import shutil
import subprocess
import time

import memory
import sites

FEW, MANY = 10, 310
ROLES = ("runner", "zygote", "broker", "journal keeper", "workers")
LINE = re.compile(r"^(\d+) +(?:<\.\.\. )?(\w+)(.*)\n$")
FORK = re.compile(r"\) += (\d+)$")
FILE = re.compile(r"^\(\d+<([^>]*)>")


# ---- system calls ----

def roles_of(births, runner):
    """births: (parent, child) in order. The runner forks the zygote, that forks the broker first and then the workers;
    the broker forks the process that makes its journals."""
    roles = {runner: "runner"}
    for parent, child in births:
        of_parent = roles[parent]
        if of_parent == "zygote":
            roles[child] = "workers" if "broker" in roles.values() else "broker"
        else:
            roles[child] = {"runner": "zygote", "broker": "journal keeper"}.get(of_parent, of_parent)
    return roles


def traced(fettle, site):
    """(role, call) → number, (role, file) → syncs."""
    trace = os.path.join(site, "trace")
    subprocess.run(["strace", "-f", "-y", "-o", trace, fettle, "run"], cwd=site, check=True, stdout=subprocess.DEVNULL)
    births, calls, synced = [], [], []
    with open(trace) as lines:
        for process, call, rest in (found.groups() for found in map(LINE.match, lines) if found):
            fork = FORK.search(rest)
            if call in ("clone", "clone3", "fork", "vfork") and fork:
                births.append((process, fork[1]))
            if " resumed>" in rest:
                continue
            calls.append((process, call))
            if call in ("fsync", "fdatasync"):
                file = FILE.match(rest)
                synced.append((process, os.path.basename(file[1]) if file else "?"))
    roles = roles_of(births, calls[0][0])  # only now: a child may be heard of before its parent's call returns
    return tuple(collections.Counter((roles[process], what) for process, what in seen) for seen in (calls, synced))


def tell_calls(few, many, scripts):
    each = {key: (many[key] - few[key]) / scripts for key in many}
    print("\nSystem calls of one more script:\n")
    for role in ROLES:
        own = sorted(((count, call) for (of, call), count in each.items() if of == role and count >= 0.05), reverse=True)
        told = ", ".join(f"{call} {count:.3g}" for count, call in own)
        print(f"  {role:15} {sum(count for count, _ in own):6.1f}   {told}")


def tell_syncs(few, many, scripts):
    print("\nSyncs of one more script:\n")
    for (role, file), count in sorted(many.items()):
        each = (count - few[role, file]) / scripts
        if each >= 0.05:
            print(f"  {role:15} {each:6.2f}   {file}")


# ---- processor time and context switches ----

def used_by(process):
    """(seconds on a processor, context switches by its own wish, others) or None when it is gone."""
    try:
        with open(f"/proc/{process}/schedstat") as file:
            seconds = int(file.read().split()[0]) / 1e9
        with open(f"/proc/{process}/status") as file:
            facts = dict(line.split(":", 1) for line in file)
        return [seconds, int(facts["voluntary_ctxt_switches"]), int(facts["nonvoluntary_ctxt_switches"])]
    except (OSError, IndexError, KeyError):
        return None


def watched(fettle, site):
    """role → [seconds, switches, preemptions]. Long-lived processes: as last seen, the runner: at its end. Workers: what
    is left of the whole."""
    last = {}
    run = subprocess.Popen([fettle, "run"], cwd=site, stdout=subprocess.DEVNULL)
    broker = None

    def note(role, process):
        used = used_by(process)
        if used:
            last[role] = used

    while os.waitid(os.P_PID, run.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        for zygote in memory.children(run.pid):
            note("zygote", zygote)
            broker = broker or min(memory.children(zygote), default=None)
            for keeper in memory.children(broker) if broker else []:
                note("journal keeper", keeper)
            note("broker", broker)
        time.sleep(0.005)
    note("runner", run.pid)
    _, status, whole = os.wait4(run.pid, 0)
    run.returncode = os.waitstatus_to_exitcode(status)
    if run.returncode != 0:
        raise SystemExit(f"tools/bench: fettle run ended with exit code {run.returncode} in {site}")
    total = [whole.ru_utime + whole.ru_stime, whole.ru_nvcsw, whole.ru_nivcsw]
    last["workers"] = [all_of_it - sum(used[at] for used in last.values()) for at, all_of_it in enumerate(total)]
    return last


def tell_processors(few, many, scripts):
    print("\nProcessor time and context switches of one more script:\n")
    print(f"  {'':15} {'time':>9} {'waited':>8} {'preempted':>10}")
    sums = [0.0, 0.0, 0.0]
    for role in ROLES:
        each = [(now - before) / scripts for now, before in zip(many.get(role, [0] * 3), few.get(role, [0] * 3))]
        sums = [one + other for one, other in zip(sums, each)]
        print(f"  {role:15} {each[0] * 1e6:6.0f} µs {each[1]:8.1f} {each[2]:10.1f}")
    print(f"  {'all':15} {sums[0] * 1e6:6.0f} µs {sums[1]:8.1f} {sums[2]:10.1f}")


# ---- both ----

def prepared(fettle, work, count):
    site = sites.lua_site(os.path.join(work, "profile"))
    sites.drop_lua(site, 0, 1)
    subprocess.run([fettle, "run"], cwd=site, check=True, stdout=subprocess.DEVNULL)
    sites.drop_lua(site, 1, count)
    return site


def tell(fettle, work):
    scripts = MANY - FEW
    print(f"{scripts} more scripts of one row each, on SQLite with a rollback journal.")
    tell_processors(*(watched(fettle, prepared(fettle, work, count)) for count in (FEW, MANY)), scripts)
    if not shutil.which("strace"):
        print("\nstrace is absent: system calls and syncs were not counted. Install it: apt-get install strace")
        return
    (few_calls, few_syncs), (many_calls, many_syncs) = (traced(fettle, prepared(fettle, work, count)) for count in (FEW, MANY))
    tell_calls(few_calls, many_calls, scripts)
    tell_syncs(few_syncs, many_syncs, scripts)
