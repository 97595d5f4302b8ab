"""Runs the workloads, one tool after the other in every round, and prints medians and ratios. Started by tools/bench."""
import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time

import memory
import sites


class Bench:
    def __init__(self, options):
        self.work = os.path.abspath(options.dir)
        self.fettle = os.path.abspath(os.path.join(options.build, "fettle"))
        self.floor = os.path.abspath(os.path.join(options.build, "fettle_floor"))
        self.peers = os.path.abspath(options.peers)
        self.quick = options.quick
        self.rounds = options.rounds or (3 if options.quick else 5)
        self.rows = 100_000 if options.quick else 1_000_000
        self.results = []

    def peer(self, *places):
        """The program of another tool, or None."""
        for place in places:
            found = shutil.which(os.path.join(self.peers, place)) or shutil.which(os.path.basename(place))
            if found:
                return found
        return None

    def path(self, name):
        return os.path.join(self.work, name)

    def measure(self, workload, unit, divisor, contenders):
        """contenders: (name, note, prepare, command, check) in the order in which they take turns. prepare() makes the
        folder and returns its path; command None: the tool is absent."""
        times = {name: [] for name, *_ in contenders}
        for number in range(self.rounds):
            for name, _, prepare, command, check in contenders:
                if command is None:
                    continue
                folder = prepare()
                subprocess.run(["sync"], check=True)
                begin = time.perf_counter()
                ended = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                took = time.perf_counter() - begin
                if ended.returncode != 0 or not check(folder):
                    sys.exit(f"tools/bench: {workload}: {name} did not do its work, exit code {ended.returncode}: "
                             f"{ended.stderr.decode(errors='replace')[-400:]}\nIts folder was kept: {folder}")
                times[name].append(took / divisor)
            print(f"{workload}: round {number + 1} of {self.rounds}", file=sys.stderr)
        self.results.append({
            "workload": workload, "unit": unit, "rounds": self.rounds,
            "tools": [{"tool": name, "note": note, "seconds": times[name],
                       "median": statistics.median(times[name]) if times[name] else None}
                      for name, note, *_ in contenders]})

    # ---- pending one-row scripts ----

    def scripts(self, count):
        dbmate = self.peer("node_modules/@dbmate/linux-x64/bin/dbmate", "node_modules/.bin/dbmate")
        migrate = self.peer("usr/bin/sql-migrate")

        def lua(name, first_run):
            def prepare():
                site = sites.lua_site(self.path(name))
                sites.drop_lua(site, 0, 1)
                subprocess.run(first_run, cwd=site, check=True, stdout=subprocess.DEVNULL)
                sites.drop_lua(site, 1, count)
                return site
            return prepare

        def sql(name, first_run, *marks):
            def prepare():
                site = sites.sql_site(self.path(name))
                sites.drop_sql(site, 0, 1, *marks)
                subprocess.run(first_run, cwd=site, check=True, stdout=subprocess.DEVNULL)
                sites.drop_sql(site, 1, count, *marks)
                return site
            return prepare

        def shell_loop():
            site = sites.sql_site(self.path("sqlite3"))
            os.makedirs(os.path.join(site, "done"))
            sites.write(os.path.join(site, "loop.sh"),
                        "for f in migrations/*; do sqlite3 app.db <$f && "
                        "sqlite3 ledger.db \"insert into ran values ('$f')\" && mv $f done/ || exit 1; done\n")
            subprocess.run(["sqlite3", os.path.join(site, "ledger.db"), "create table ran (name text)"], check=True)
            sites.drop_sql(site, 0, count + 1, "")
            return site

        def done(site):
            return sites.row_count(site) == count + 1

        run, floor = [self.fettle, "run"], [self.floor, "scripts", "."]
        up = dbmate and [dbmate, "--url", "sqlite:app.db", "-d", "migrations", "--no-dump-schema", "up"]
        migrate_up = migrate and [migrate, "up"]
        both = "syncs each script and its record, two databases"
        contenders = [
            ("fettle", both, lua("fettle", run), run, done),
            ("floor", both, lua("floor", floor), floor, done),
            ("dbmate", "syncs each script, but not the end of its journal", sql("dbmate", up, "-- migrate:up", "-- migrate:down"), up, done),
            ("sql-migrate", "syncs each script, but not the end of its journal", sql("sql-migrate", migrate_up, "-- +migrate Up", "-- +migrate Down"),
             migrate_up, done)]
        if count <= 1000:
            contenders.append(("sqlite3 in a shell loop", both, shell_loop, ["sh", "loop.sh"], done))
        unit = "ms, whole command" if count == 1 else "ms per script"
        self.measure(f"scripts {count}", unit, count, contenders)

    # ---- commands that only look ----

    def ledger_site(self, attempts):
        """A folder whose ledger has so many attempts, made by fettle itself; kept for the next time."""
        site = self.path(f"ledger-{attempts}")
        if os.path.exists(os.path.join(site, "ready")):
            return site
        sites.lua_site(site)
        sites.drop_lua(site, 0, attempts)
        subprocess.run([self.fettle, "run"], cwd=site, check=True, stdout=subprocess.DEVNULL)
        sites.write(os.path.join(site, "ready"), "")
        return site

    def commands(self, attempts):
        dbmate = self.peer("node_modules/@dbmate/linux-x64/bin/dbmate", "node_modules/.bin/dbmate")
        site = self.ledger_site(attempts)
        contenders = [(f"fettle {verb}", "", lambda: site, [self.fettle, verb], lambda _: True)
                      for verb in ("status", "plan", "history")]
        if attempts <= 1000:
            up = dbmate and [dbmate, "--url", "sqlite:app.db", "-d", "migrations", "--no-dump-schema"]
            other = sites.sql_site(self.path("dbmate-status"))
            sites.drop_sql(other, 0, attempts, "-- migrate:up", "-- migrate:down")
            if dbmate and attempts:
                subprocess.run(up + ["up"], cwd=other, check=True, stdout=subprocess.DEVNULL)
            contenders.append(("dbmate status", "", lambda: other, up and up + ["status"], lambda _: True))
        self.measure(f"commands {attempts}", "ms, whole command", 1, contenders)

    def scan(self, count):
        site = sites.lua_site(self.path("scan"))
        sites.drop_lua(site, 0, count)
        command = [self.floor, "scan", "fix-scripts"]
        self.measure(f"scan {count}", "ms, whole command", 1, [
            ("fettle status", "", lambda: site, [self.fettle, "status"], lambda _: True),
            ("floor", "readdir, sort, stat", lambda: site, command, lambda _: True)])

    # ---- many rows ----

    def bulk(self, kind, body):
        verb = kind.split()[0]
        rows = 0 if verb == "insert" else self.rows
        template = sites.lua_site(self.path("rows"), rows)
        sites.drop_lua(template, 0, 1, lambda _: sites.bulk_lua(body))
        subprocess.run([self.fettle, "status"], cwd=template, check=True, stdout=subprocess.DEVNULL)
        program = sites.bulk_python(kind, self.rows)
        if program:
            sites.write(os.path.join(template, "rows.py"), program)
        floor = {"insert": ["insert", "app.db", str(self.rows)], "update": ["update", "app.db", str(self.rows)],
                 "read": ["read", "app.db"]}[verb]

        def done(site):
            return sites.row_count(site) == self.rows

        def place(name):
            return lambda: sites.copy(template, self.path(name))

        contenders = [("fettle", "", place("fettle"), [self.fettle, "run"], done),
                      ("floor", "C, one prepared statement", place("floor"), [self.floor] + floor, done)]
        if program:
            contenders.append(("Python sqlite3", "", place("python"), [sys.executable, "rows.py"], done))
        self.measure(kind, "s", 1, contenders)
        peaks = memory.watch([self.fettle, "run"], sites.copy(template, self.path("memory")))
        self.results[-1]["memory"] = peaks

    def memory_of_scripts(self, count):
        site = sites.lua_site(self.path("memory"))
        sites.drop_lua(site, 0, count)
        peaks = memory.watch([self.fettle, "run"], site)
        self.results.append({"workload": f"memory {count}", "unit": "MiB", "rounds": 1, "tools": [], "memory": peaks})

    def workloads(self):
        """Name → what measures it, in order."""
        all_of_them = {}
        for count in (1, 100, 1000) if self.quick else (1, 100, 1000, 10_000):
            all_of_them[f"scripts {count}"] = lambda count=count: self.scripts(count)
        for count in (1000,) if self.quick else (1000, 10_000):
            all_of_them[f"memory {count}"] = lambda count=count: self.memory_of_scripts(count)
        for attempts in (0, 1000) if self.quick else (0, 1000, 100_000):
            all_of_them[f"commands {attempts}"] = lambda attempts=attempts: self.commands(attempts)
        all_of_them["scan 100000"] = lambda: self.scan(100_000)
        for kind, body in sites.bulk_scripts(self.rows).items():
            all_of_them[kind] = lambda kind=kind, body=body: self.bulk(kind, body)
        return all_of_them


def number(value):
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def table(results):
    lines = ["| workload | tool | median | fastest–slowest | fettle / it | |", "|---|---|---|---|---|---|"]
    for result in results:
        factor = 1000 if result["unit"].startswith("ms") else 1
        ours = next((tool["median"] for tool in result["tools"] if tool["tool"].startswith("fettle")), None)
        for tool in result["tools"]:
            head = f"| {result['workload']} | {tool['tool']} |"
            if tool["median"] is None:
                lines.append(f"{head} absent | | | {tool['note']} |")
                continue
            spread = f"{number(min(tool['seconds']) * factor)}–{number(max(tool['seconds']) * factor)}"
            ratio = "" if tool["tool"].startswith("fettle") else f"{ours / tool['median']:.2f}"
            lines.append(f"{head} {number(tool['median'] * factor)} {result['unit']} | {spread} | {ratio} | {tool['note']} |")
    if any("memory" in result for result in results):
            lines += ["", "| peak memory, MiB | runner | zygote | broker | journal keeper | largest worker |", "|---|---|---|---|---|---|"]
    for result in results:
        if "memory" in result:
            cells = [f"{result['memory'].get(role, 0):.1f}" for role in memory.ROLES]
            lines.append(f"| {result['workload']} | {' | '.join(cells)} |")
    return lines


def file_system(path):
    told = subprocess.run(["findmnt", "-n", "-o", "FSTYPE,SOURCE", "-T", path], capture_output=True, text=True).stdout
    return told.split() or ["unknown", "unknown"]


def main():
    parser = argparse.ArgumentParser(prog="tools/bench")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", metavar="WORKLOAD")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--dir", default="build/bench/work")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--peers", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    bench = Bench(options)
    workloads = bench.workloads()
    if options.list:
        print("\n".join(workloads))
        return
    wanted = [name for name in workloads if options.only is None or name == options.only]
    wanted = wanted or [name for name in workloads if name.startswith(options.only)]
    if not wanted:
        sys.exit(f"tools/bench: no workload begins with {options.only}. Nothing was measured. Known: {', '.join(workloads)}")
    os.makedirs(bench.work, exist_ok=True)
    kind, source = file_system(bench.work)
    if kind in ("tmpfs", "ramfs"):
        sys.exit(f"tools/bench: {bench.work} lies in memory ({kind}), where a sync costs nothing. Nothing was measured. "
                 "Name a folder on a disk: --dir DIR")
    for name in wanted:
        workloads[name]()
    load = os.getloadavg()[0]
    facts = {"file_system": kind, "device": source, "processors": os.cpu_count(), "kernel": platform.release(),
             "load_at_the_end": round(load, 1), "rounds": bench.rounds, "rows": bench.rows}
    print(f"{kind} on {source}, {os.cpu_count()} processors, Linux {platform.release()}, load {load:.1f}; "
          f"{bench.rounds} rounds, {bench.rows} rows where rows are counted.\n")
    print("\n".join(table(bench.results)))
    if options.json:
        sites.write(options.json, json.dumps({"machine": facts, "results": bench.results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
