"""From dropping a script until it is done: fettle's watcher, the floor, and what people build from small tools."""
import os
import shutil
import signal
import subprocess
import time

import sites

MOVE = "mv -- fix-scripts/*.lua successfully-ran/ 2>/dev/null"


def fettle(binary):
    return lambda site: [binary, "watch"]


def floor(binary):
    return lambda site: [binary, "watch", "."]


def inotifywait(site):
    """One small program started for each event, nothing recorded."""
    return ["sh", "-c", "inotifywait -q -m -e moved_to -e close_write --format %f fix-scripts |"
            " while read -r name; do mv -- \"fix-scripts/$name\" successfully-ran/; done"]


def entr(site):
    return ["sh", "-c", f"while :; do ls -d fix-scripts fix-scripts/* 2>/dev/null | entr -dnp true; {MOVE}; done"]


def incron(site):
    """With tables of its own, so that nothing of the machine is used or changed."""
    os.makedirs(os.path.join(site, "tables"))
    sites.write(os.path.join(site, "incron.conf"), f"system_table_dir = {site}/tables\nuser_table_dir = {site}/users\n"
                f"lockfile_dir = {site}\nlockfile_name = incrond\n")
    os.makedirs(os.path.join(site, "users"))
    sites.write(os.path.join(site, "tables", "fix"),
                f"{site}/fix-scripts IN_MOVED_TO,IN_CLOSE_WRITE /bin/mv $@/$# {site}/successfully-ran/\n")
    return ["incrond", "-n", "-f", os.path.join(site, "incron.conf")]


def contenders(fettle_binary, floor_binary):
    """(name, note, program that must be there, journal of the target, command for a site)"""
    return [("fettle", "sandbox, ledger, receipt in the target (rollback journal)", None, "rollback", fettle(fettle_binary)),
            ("fettle, wal", "the same, target in write-ahead mode", None, "wal", fettle(fettle_binary)),
            ("floor", "two ledger commits, Lua in a forked process, rename", None, "rollback", floor(floor_binary)),
            ("inotifywait loop", "mv for each event, records nothing", "inotifywait", "rollback", inotifywait),
            ("incron", "mv for each event, records nothing", "incrond", "rollback", incron),
            ("entr loop", "mv for each change, records nothing", "entr", "rollback", entr)]


def measure(floor_binary, site, command, drops, pause):
    """Seconds of each drop, with the watcher as another process of its own group."""
    os.makedirs(os.path.join(site, "successfully-ran"), exist_ok=True)
    os.makedirs(os.path.join(site, "fix-scripts"), exist_ok=True)
    watcher = subprocess.Popen(command, cwd=site, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               start_new_session=True)
    time.sleep(1)
    try:
        told = subprocess.run([floor_binary, "drop", ".", str(drops), str(pause), "successfully-ran"], cwd=site, check=True,
                              capture_output=True, text=True).stdout
    finally:
        os.killpg(watcher.pid, signal.SIGTERM)
        watcher.wait()
    return [float(line) for line in told.split()]


def is_there(program):
    return program is None or shutil.which(program) is not None
