"""How often a tool has the disk synced for one more script, and which files: counted with strace, never in a timed run."""
import collections
import os
import re
import shutil
import subprocess

import tools

FEW, MANY = 10, 60
CALL = re.compile(r"sync\(\d+<([^>]*)>")


def _of_a_run(tool, path, count, journal, run):
    site = tools.prepare(tool, path, count, journal, run)
    trace = os.path.join(site, "trace")
    run(["strace", "-f", "-y", "-o", trace, "-e", "trace=fsync,fdatasync", *tool.command], site)
    found = collections.Counter()
    with open(trace) as lines:
        for line in lines:
            call = CALL.search(line)
            if call:
                found["folders" if os.path.isdir(call[1]) else os.path.basename(call[1]).removesuffix(" (deleted)")] += 1
    return found


def per_script(tool, path, journal, run):
    """In words, for the note of a row."""
    if not shutil.which("strace"):
        return "syncs not counted: strace is absent"
    few, many = (_of_a_run(tool, path, count, journal, run) for count in (FEW, MANY))
    each = {file: (many[file] - few[file]) / (MANY - FEW) for file in many}
    told = [f"{file} {count:.3g}" for file, count in sorted(each.items()) if count >= 0.05]
    return f"{sum(each.values()):.2g} syncs a script: {', '.join(told)}" if told else "no sync of a single script"
