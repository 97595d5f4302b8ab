"""Workloads on a PostgreSQL server, which the bench starts on a private folder with the server's own durability."""
import glob
import os
import shutil
import subprocess
import sys
import time

import sites
import tools

PORT = 54329
URL = f"postgresql://bench@127.0.0.1:{PORT}/bench"


def programs():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    return found[-1] if found and os.path.exists(os.path.join(found[-1], "postgres")) else None


class Server:
    """In a folder of its own, which any user may enter: the server refuses to work for root."""

    def __init__(self, path):
        self.path = path
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        self.before = []
        if os.geteuid() == 0:
            os.chown(path, 65534, 65534)
            self.before = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--pdeathsig", "INT"]
        data = os.path.join(path, "data")
        subprocess.run(self.before + [f"{programs()}/initdb", "-D", data, "-U", "bench", "--auth=trust", "--encoding=UTF8",
                                      "--locale=C.UTF-8"], cwd=path, check=True, stdout=subprocess.DEVNULL)
        self.process = subprocess.Popen(
            self.before + [f"{programs()}/postgres", "-D", data, "-p", str(PORT), "-k", path, "-h", "127.0.0.1"], cwd=path,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while subprocess.run([f"{programs()}/pg_isready", "-q", "-h", path, "-p", str(PORT)]).returncode != 0:
            time.sleep(0.1)
        self.ask("postgres", "create database bench")

    def ask(self, database, sql):
        told = subprocess.run(["psql", "-qAt", "-h", self.path, "-p", str(PORT), "-U", "bench", "-d", database, "-c", sql],
                              check=True, capture_output=True, text=True, cwd=self.path)
        return told.stdout.strip()

    def empty(self, rows=0):
        """The table item alone, with so many rows."""
        self.ask("bench", "drop schema public cascade; create schema public; "
                          "create table item (id integer primary key, a integer, b text)")
        if rows:
            self.ask("bench", f"insert into item select n, n, 'name ' || n from generate_series(1, {rows}) n; checkpoint")

    def rows(self):
        return int(self.ask("bench", "select count(*) from item"))

    def end(self):
        self.process.terminate()
        self.process.wait()


def with_server(bench, work):
    if programs() is None:
        print("tools/bench: PostgreSQL is not installed, its workloads are left out", file=sys.stderr)
        return
    server = Server(bench.path("postgresql"))
    try:
        work(server)
    finally:
        server.end()


def lua_site(path):
    sites.lua_site(path)
    sites.write(os.path.join(path, "config.toml"), f'[databases.main]\nurl = "{URL}"\n[run]\ntimeout = "30m"\n')
    return path


def statement(number):
    return f"insert into item (id, a, b) values ({number}, 1, 'one row')"


def script(number):
    return ("return {\n  shouldRun = function() return true end,\n  execute = function()\n"
            f'    db.exec("{statement(number)}")\n'
            "    return { executed = true, message = 'one row' }\n  end,\n}\n")


def migrations(path, head, foot, first, count):
    for number in range(first, first + count):
        sites.write(os.path.join(path, "migrations", f"{number:06d}_fix.sql"), f"{head}\n{statement(number)};\n{foot}\n")


def peers_site(path):
    sites.fresh(path)
    os.makedirs(os.path.join(path, "migrations"))
    sites.write(os.path.join(path, "dbconfig.yml"),
                f"development:\n  dialect: postgres\n  datasource: {URL}?sslmode=disable\n  dir: migrations\n")
    return path


def alembic_site(path):
    """As it comes it would commit once for all scripts; asked to, it commits each."""
    env = sites.ALEMBIC.replace("sqlite:///app.db", URL)
    return sites.alembic_site(path, env.replace("connection=connection", "connection=connection, transaction_per_migration=True"))


def knex_site(path, modules):
    return sites.knex_site(path, modules, "pg", f'"{URL}"')


def scripts(bench, count):
    """Pending one-row scripts; each round begins with an empty table, and every record but the first exists already."""
    dbmate, migrate = bench.peers.dbmate(), bench.peers.sql_migrate()
    alembic, knex = bench.peers.alembic(server=True), bench.peers.knex("pg")

    def work(server):
        def first(command, path):
            subprocess.run(command, cwd=path, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def fettle():
            server.empty()
            path = lua_site(bench.path("pg-fettle"))
            sites.drop_lua(path, 0, 1, script)
            first([bench.fettle, "run"], path)
            sites.drop_lua(path, 1, count, script)
            return path

        def floor():
            server.empty()
            server.ask("bench", statement(0))
            return bench.work

        def peer(command, site, drop):
            def prepare():
                server.empty()
                path = site(bench.path("pg-peer"))
                drop(path, 0, 1)
                first(command, path)
                drop(path, 1, count)
                return path
            return prepare

        def of_sql(command, head, foot):
            return peer(command, peers_site, lambda path, start, some: migrations(path, head, foot, start, some))

        def of_their_own(command, site, drop):
            return peer(command, site, lambda path, start, some: drop(path, start, some, statement))

        def done(_):
            return server.rows() == count + 1

        up = dbmate and dbmate + ["--url", URL + "?sslmode=disable", "-d", "migrations", "--no-dump-schema", "up"]
        down = migrate and migrate + ["up"]
        upgrade, latest = alembic and alembic + ["upgrade", "head"], knex and knex + ["migrate:latest"]
        bench.measure(f"postgresql scripts {count}", "ms per script", count, [
            ("fettle", "", fettle, [bench.fettle, "run"], done),
            ("floor", "libpq: begin, insert, commit", floor, [bench.floor, "server-scripts", URL, str(count)], done),
            ("dbmate", "", of_sql(up, "-- migrate:up", "-- migrate:down"), up, done),
            ("sql-migrate", "", of_sql(down, "-- +migrate Up", "-- +migrate Down"), down, done),
            ("alembic", "a transaction for each script", of_their_own(upgrade, alembic_site, sites.drop_alembic), upgrade, done),
            ("knex", tools.ONCE, of_their_own(latest, lambda path: knex_site(path, bench.peers.modules), sites.drop_knex),
             latest, done)])

    with_server(bench, work)


def rows(bench, kind, count):
    """One script that inserts or reads so many rows."""
    insert = kind == "executemany"
    body = {"executemany": f"""
    local n = 0
    db.executemany("insert into item (id, a, b) values (?, ?, ?)", function()
      n = n + 1
      if n <= {count} then return {{ n, n, "name " .. n }} end
    end)""",
            "read": """
    local sum = 0
    for row in db.rows("select id, a, b from item") do sum = sum + row.a end"""}[kind]

    def work(server):
        def prepare(name):
            def make():
                server.empty(0 if insert else count)
                path = lua_site(bench.path(name))
                sites.drop_lua(path, 0, 1, lambda _: sites.bulk_lua(body))
                return path
            return make

        floor = ["server-insert", URL, str(count)] if insert else ["server-read", URL]
        bench.measure(f"postgresql {kind} {count}", "s", 1, [
            ("fettle", "", prepare("pg-fettle"), [bench.fettle, "run"], lambda _: server.rows() == count),
            ("floor", "libpq: one pipeline" if insert else "libpq: row by row", prepare("pg-floor"), [bench.floor] + floor,
             lambda _: server.rows() == count)])

    with_server(bench, work)
