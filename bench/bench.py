"""Runs the workloads, one tool after the other in every round, and prints medians and ratios. Started by tools/bench."""
import argparse
import hashlib
import json
import os
import platform
import statistics
import subprocess
import sys
import time

import drops
import memory
import profile_run
import servers
import sites
import syncs
import tools
from peers import Peers


def run_quietly(command, folder):
    ended = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if ended.returncode != 0:
        sys.exit(f"tools/bench: {' '.join(command)} ended with exit code {ended.returncode} in {folder}: "
                 f"{ended.stderr.decode(errors='replace')[-400:]}")


class Bench:
    def __init__(self, options):
        self.work = os.path.abspath(options.dir)
        self.fettle = os.path.abspath(os.path.join(options.build, "fettle"))
        self.floor = os.path.abspath(os.path.join(options.build, "fettle_floor"))
        self.ballast = os.path.abspath(os.path.join(options.build, "libfettle_ballast.so"))
        self.peers = Peers(options.peers)
        self.quick = options.quick
        self.rounds = options.rounds or (3 if options.quick else 5)
        self.rows = 100_000 if options.quick else 1_000_000
        self.counted = {}  # (tool, journal) → its syncs, in words
        self.results = []

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

    def contender(self, tool, count, journal):
        def done(site):
            return sites.row_count(site) == count + 1

        def prepare():
            return tools.prepare(tool, self.path(tool.name.split()[0]), count, journal, run_quietly)

        return (tool.name, self.note(tool, journal), prepare, tool.command, done)

    def note(self, tool, journal):
        if tool.command is None:
            return ""
        if (tool.name, journal) not in self.counted:
            path = self.path("syncs")
            self.counted[tool.name, journal] = syncs.per_script(tool, path, journal, run_quietly)
        return "; ".join(filter(None, (tool.note, self.counted[tool.name, journal])))

    def scripts(self, count, journal="rollback"):
        taking_part = [tool for tool in tools.all_of_them(self.fettle, self.floor, self.peers) if count <= tool.most]
        workload = f"scripts {count}" if journal == "rollback" else f"scripts {count} {journal}"
        unit = "ms, whole command" if count == 1 else "ms per script"
        self.measure(workload, unit, count, [self.contender(tool, count, journal) for tool in taking_part])

    def scripts_beside_ballast(self, count):
        """Both runners allocate and touch the same; the second one gives it back before its first script."""
        def with_ballast(what):
            return ["env", f"LD_PRELOAD={self.ballast}", f"FETTLE_BALLAST={what}", self.fettle, "run"]

        def tool(name, what):
            return tools.Tool(name, "", with_ballast(what), sites.lua_site, sites.drop_lua)

        both = [tool("fettle", "hold"), tool("without them", "drop")]
        self.measure(f"scripts {count}, runner of 256 MiB", "ms per script", count,
                     [(one.name, "", lambda one=one: tools.prepare(one, self.path("ballast"), count, "rollback", run_quietly),
                       one.command, lambda site: sites.row_count(site) == count + 1) for one in both])
        site = tools.prepare(both[0], self.path("memory"), count, "rollback", run_quietly)
        self.results[-1]["memory"] = memory.watch(both[0].command, site)

    # ---- commands that only look ----

    def ledger_site(self, attempts):
        """A folder whose ledger has so many attempts, made by fettle itself; kept for the next time, while fettle's
        version and the schema of its ledger are the same."""
        site = self.path(f"ledger-{attempts}")
        mark = os.path.join(site, "made by")
        maker = self.maker_of_ledgers()
        if os.path.exists(mark) and open(mark).read() == maker:
            return site
        print(f"making a ledger of {attempts} attempts", file=sys.stderr)
        sites.lua_site(site)
        sites.set_journal(site, "wal")  # fewer syncs; the ledger is the same
        sites.drop_lua(site, 0, attempts)
        run_quietly([self.fettle, "run"], site)
        sites.write(mark, maker)
        return site

    def maker_of_ledgers(self):
        schema = hashlib.sha256()
        for name in ("schema.sql", "schema.cpp"):
            with open(os.path.join(os.path.dirname(__file__), "../src/ledger", name), "rb") as file:
                schema.update(file.read())
        told = subprocess.run([self.fettle, "version"], check=True, capture_output=True, text=True).stdout
        return f"{told.splitlines()[0]}, schema {schema.hexdigest()}\n"

    def commands(self, attempts):
        dbmate = self.peers.dbmate()
        site = self.ledger_site(attempts)
        contenders = [(f"fettle {verb}", "", lambda: site, [self.fettle, verb], lambda _: True)
                      for verb in ("status", "plan", "history")]
        if attempts <= 1000:
            up = dbmate and dbmate + ["--url", "sqlite:app.db", "-d", "migrations", "--no-dump-schema"]
            other = sites.sql_site(self.path("dbmate-status"))
            sites.drop_sql(other, 0, attempts, "-- migrate:up", "-- migrate:down")
            if dbmate and attempts:
                run_quietly(up + ["up"], other)
            contenders.append(("dbmate status", "", lambda: other, up and up + ["status"], lambda _: True))
        self.measure(f"commands {attempts}", "ms, whole command", 1, contenders)

    def scan(self, count):
        site = sites.lua_site(self.path("scan"))
        sites.drop_lua(site, 0, count)
        time.sleep(11)  # status looks into files that changed in the last ten seconds: somebody may still write them
        command = [self.floor, "scan", "fix-scripts"]
        self.measure(f"scan {count}", "ms, whole command", 1, [
            ("fettle status", "", lambda: site, [self.fettle, "status"], lambda _: True),
            ("floor", "readdir, sort, stat", lambda: site, command, lambda _: True)])

    def drops(self, count):
        """From a rename into the folder until the file is done; a round is one drop."""
        tools_of_it = []
        for name, note, program, journal, command in drops.contenders(self.fettle, self.floor):
            tool = {"tool": name, "note": note, "median": None, "seconds": []}
            tools_of_it.append(tool)
            if not drops.is_there(program):
                continue
            print(f"drops: {name}", file=sys.stderr)
            site = sites.lua_site(self.path("drops"))
            sites.set_journal(site, journal)
            tool["seconds"] = drops.measure(self.floor, site, command(site), count, 200)
            if tool["seconds"]:
                tool["median"] = statistics.median(tool["seconds"])
                tool["note"] += f"; p99 {1000 * sorted(tool['seconds'])[int(count * 0.99) - 1]:.1f} ms"
        self.results.append({"workload": f"drop to done, {count} drops", "unit": "ms", "rounds": count, "tools": tools_of_it})

    # ---- many rows ----

    def bulk(self, kind, body):
        verb = kind.split()[0]
        rows = 0 if verb == "insert" else self.rows
        template = sites.lua_site(self.path("rows"), rows)
        sites.drop_lua(template, 0, 1, lambda _: sites.bulk_lua(body))
        run_quietly([self.fettle, "status"], template)
        others = self.other_clients(kind, template)
        floor = {"insert": ["insert", "app.db", str(self.rows)], "update": ["update", "app.db", str(self.rows)],
                 "read": ["read", "app.db"]}[verb]

        def done(site):
            return sites.row_count(site) == self.rows

        def place(name):
            return lambda: sites.copy(template, self.path(name))

        contenders = [("fettle", "", place("fettle"), [self.fettle, "run"], done),
                      ("floor", "C, one prepared statement", place("floor"), [self.floor] + floor, done)]
        contenders += [(name, note, place("client"), command, done) for name, note, command in others]
        self.measure(kind, "s", 1, contenders)
        peaks = memory.watch([self.fettle, "run"], sites.copy(template, self.path("memory")))
        self.results[-1]["memory"] = peaks

    def changes(self, kind, body, sql):
        """What it costs that the rows which a script changes are recorded."""
        rows = 100_000
        template = sites.lua_site(self.path("rows"), rows)
        sites.drop_lua(template, 0, 1, lambda _: sites.bulk_lua(body))
        run_quietly([self.fettle, "status"], template)
        left = {"update": rows, "insert": 2 * rows, "delete": 0}[kind.split()[0]]

        def contender(name, note, command):
            return (name, note, lambda: sites.copy(template, self.path("changes")), command,
                    lambda site: sites.row_count(site) == left)

        def floor(kept):
            return [self.floor, "change", "app.db", sql, str(rows), kept]

        self.measure(f"changes {kind}", "ms, whole command", 1, [
            contender("fettle", "[run] images = 64 MiB", ["env", "FETTLE_RUN_IMAGES=64MiB", self.fettle, "run"]),
            contender("not recorded", "[run] images = 0", ["env", "FETTLE_RUN_IMAGES=0", self.fettle, "run"]),
            contender("floor", "C; the preupdate hook copies each row as it was and is", floor("kept")),
            contender("floor, not recorded", "C", floor("not"))])

    def other_clients(self, kind, site):
        """(name, note, command) of the programs that move the same rows at fettle's durability; written into the site."""
        python = sites.bulk_python(kind, self.rows)
        if not python:  # one statement: the database's own work, whoever sends it
            return []
        sites.write(os.path.join(site, "rows.py"), python)
        sites.write(os.path.join(site, "rows.js"), sites.bulk_node(kind, self.rows))
        sites.write(os.path.join(site, "rows.php"), sites.bulk_php(kind, self.rows))
        os.symlink(self.peers.modules, os.path.join(site, "node_modules"))
        node, php = self.peers.node("better-sqlite3"), self.peers.php()
        return [("Python sqlite3", "", [sys.executable, "rows.py"]),
                ("better-sqlite3", "one prepared statement in a loop, its own SQLite", node and node + ["rows.js"]),
                ("PHP PDO", "one prepared statement in a loop", php and php + ["rows.php"])]

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
        for count in (1, 100, 1000):
            all_of_them[f"scripts {count} wal"] = lambda count=count: self.scripts(count, "wal")
        all_of_them["scripts 1000, runner of 256 MiB"] = lambda: self.scripts_beside_ballast(1000)
        for count in (1000,) if self.quick else (1000, 10_000):
            all_of_them[f"memory {count}"] = lambda count=count: self.memory_of_scripts(count)
        for attempts in (0, 1000) if self.quick else (0, 1000, 100_000):
            all_of_them[f"commands {attempts}"] = lambda attempts=attempts: self.commands(attempts)
        all_of_them["drops"] = lambda: self.drops(40 if self.quick else 200)
        all_of_them["scan 100000"] = lambda: self.scan(100_000)
        for count in (100, 1000):
            all_of_them[f"postgresql scripts {count}"] = lambda count=count: servers.scripts(self, count)
        all_of_them["postgresql executemany 100000"] = lambda: servers.rows(self, "executemany", 100_000)
        all_of_them[f"postgresql read {self.rows}"] = lambda: servers.rows(self, "read", self.rows)
        for kind, body in sites.bulk_scripts(self.rows).items():
            all_of_them[kind] = lambda kind=kind, body=body: self.bulk(kind, body)
        for kind, (body, sql) in sites.changing(100_000).items():
            all_of_them[f"changes {kind}"] = lambda kind=kind, body=body, sql=sql: self.changes(kind, body, sql)
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
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--dir", default="build/bench/work")
    parser.add_argument("--build", default="build/release", help=argparse.SUPPRESS)
    parser.add_argument("--peers", default="build/bench/peers", help=argparse.SUPPRESS)
    options = parser.parse_args()
    bench = Bench(options)
    workloads = bench.workloads()
    if options.list:
        print("\n".join(workloads))
        return
    os.makedirs(bench.work, exist_ok=True)
    if options.profile:
        profile_run.tell(bench.fettle, bench.work)
        return
    wanted = [name for name in workloads if options.only is None or name == options.only]
    wanted = wanted or [name for name in workloads if name.startswith(options.only)]
    if not wanted:
        sys.exit(f"tools/bench: no workload begins with {options.only}. Nothing was measured. Known: {', '.join(workloads)}")
    kind, source = file_system(bench.work)
    if kind in ("tmpfs", "ramfs"):
        sys.exit(f"tools/bench: {bench.work} lies in memory ({kind}), where a sync costs nothing. Nothing was measured. "
                 "Name a folder on a disk: --dir DIR")
    bench.peers.fetch()
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
