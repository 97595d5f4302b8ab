"""The folders that the workloads run in: scripts, databases and configuration of each tool, made anew for each round."""
import os
import shutil
import sqlite3
import subprocess

ITEM = "create table item (id integer primary key, a integer, b text)"
CONFIG = '[databases.main]\nurl = "sqlite:app.db"\n[run]\ntimeout = "30m"\n'


def fresh(path):
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def sql(path, statement):
    database = sqlite3.connect(path, isolation_level=None)
    database.execute(statement)
    database.close()


def set_journal(site, mode):
    """Of the database that the scripts change. Write-ahead mode stays with the file; the others each tool chooses."""
    if mode == "wal":
        sql(os.path.join(site, "app.db"), "pragma journal_mode = wal")


def make_database(path, rows=0):
    database = sqlite3.connect(path)
    database.execute(ITEM)
    database.executemany("insert into item (a, b) values (?, ?)", ((n, f"name {n}") for n in range(1, rows + 1)))
    database.commit()
    database.close()


def row_count(site):
    database = sqlite3.connect(os.path.join(site, "app.db"))
    (count,) = database.execute("select count(*) from item").fetchone()
    database.close()
    return count


def one_row_statement(number):
    return f"insert into item (a, b) values ({number}, 'one row')"


def one_row_lua(number):
    return (
        "return {\n  shouldRun = function() return true end,\n  execute = function()\n"
        f'    db.exec("{one_row_statement(number)}")\n'
        "    return { executed = true, message = 'one row' }\n  end,\n}\n"
    )


def lua_site(path, rows=0):
    fresh(path)
    for folder in ("fix-scripts", "successfully-ran", "failed"):
        os.makedirs(os.path.join(path, folder))
    write(os.path.join(path, "config.toml"), CONFIG)
    make_database(os.path.join(path, "app.db"), rows)
    return path


def drop_lua(path, first, count, text=one_row_lua):
    for number in range(first, first + count):
        write(os.path.join(path, "fix-scripts", f"{number:06d}_fix.lua"), text(number))


# ---- other tools: the same statements in the form that each wants ----

def migrations_site(path, folder="migrations"):
    fresh(path)
    os.makedirs(os.path.join(path, folder))
    make_database(os.path.join(path, "app.db"))
    return path


def sql_site(path):
    migrations_site(path)
    config = "development:\n  dialect: sqlite3\n  datasource: app.db\n  dir: migrations\n"
    write(os.path.join(path, "dbconfig.yml"), config)
    return path


def drop_sql(path, first, count, head, foot=""):
    for number in range(first, first + count):
        name = os.path.join(path, "migrations", f"{20200101000000 + number}_fix.sql")
        write(name, f"{head}\n{one_row_statement(number)};\n{foot}\n")


def shell_site(path):
    migrations_site(path)
    os.makedirs(os.path.join(path, "done"))
    sql(os.path.join(path, "ledger.db"), "create table ran (name text)")
    write(os.path.join(path, "loop.sh"),
          "for f in migrations/*; do sqlite3 app.db <$f && "
          "sqlite3 ledger.db \"insert into ran values ('$f')\" && mv $f done/ || exit 1; done\n")
    return path


UMZUG = """\
const fs = require("node:fs");
const { Umzug } = require("umzug");
const database = new (require("better-sqlite3"))("app.db");
database.exec("create table if not exists ran (name text primary key)");
const all = database.prepare("select name from ran order by name").pluck();
const add = database.prepare("insert into ran values (?)");
const remove = database.prepare("delete from ran where name = ?");
new Umzug({
  migrations: {
    glob: "migrations/*.sql",
    resolve: ({ name, path }) => ({ name, up: async () => { database.exec(fs.readFileSync(path, "utf8")); } }),
  },
  storage: {
    executed: async () => all.all(),
    logMigration: async ({ name }) => { add.run(name); },
    unlogMigration: async ({ name }) => { remove.run(name); },
  },
  logger: undefined,
}).up().catch((fault) => { console.error(fault); process.exit(1); });
"""


def umzug_site(path, modules):
    migrations_site(path)
    os.symlink(modules, os.path.join(path, "node_modules"))
    write(os.path.join(path, "up.js"), UMZUG)
    return path


def knex_site(path, modules, client="better-sqlite3", connection='{ filename: "app.db" }'):
    migrations_site(path)
    os.symlink(modules, os.path.join(path, "node_modules"))
    write(os.path.join(path, "knexfile.js"),
          f'module.exports = {{ client: "{client}", connection: {connection}, useNullAsDefault: true }};\n')
    return path


def drop_knex(site, first, count, statement=one_row_statement):
    for number in range(first, first + count):
        write(os.path.join(site, "migrations", f"{20200101000000 + number}_fix.js"),
              f'exports.up = (knex) => knex.raw("{statement(number)}");\nexports.down = async () => {{}};\n')


ALEMBIC = """\
from alembic import context
from sqlalchemy import create_engine
with create_engine("sqlite:///app.db").connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""


def alembic_site(path, env=ALEMBIC):
    migrations_site(path, "migrations/versions")
    write(os.path.join(path, "alembic.ini"), "[alembic]\nscript_location = migrations\n")
    write(os.path.join(path, "migrations", "env.py"), env)
    return path


def drop_alembic(site, first, count, statement=one_row_statement):
    for number in range(first, first + count):
        before = f'"{number - 1:06d}"' if number else None
        write(os.path.join(site, "migrations", "versions", f"{number:06d}_fix.py"),
              f'from alembic import op\nrevision, down_revision = "{number:06d}", {before}\n\n'
              f'def upgrade():\n    op.execute("{statement(number)}")\n')


def sqitch_site(path):
    migrations_site(path, "deploy")
    write(os.path.join(path, "sqitch.conf"),
          '[core]\n\tengine = sqlite\n[engine "sqlite"]\n\ttarget = db:sqlite:app.db\n'
          "[user]\n\tname = Bench\n\temail = bench@example.org\n")
    write(os.path.join(path, "sqitch.plan"), "%syntax-version=1.0.0\n%project=bench\n\n")
    return path


def drop_sqitch(site, first, count):
    with open(os.path.join(site, "sqitch.plan"), "a") as plan:
        for number in range(first, first + count):
            write(os.path.join(site, "deploy", f"fix{number:06d}.sql"), one_row_statement(number) + ";\n")
            plan.write(f"fix{number:06d} 2020-01-01T00:00:00Z Bench <bench@example.org> # one row\n")


# ---- the scripts that move many rows ----

def bulk_lua(body):
    return (
        "return {\n  shouldRun = function() return true end,\n  execute = function()\n"
        f"{body}\n    return {{ executed = true }}\n  end,\n}}\n"
    )


def bulk_scripts(rows):
    many = (
        "    for first = 1, {rows}, 10000 do\n      local list = {{}}\n"
        "      for n = first, math.min(first + 9999, {rows}) do list[#list + 1] = {{ {row} }} end\n"
        '      db.executemany("{sql}", list)\n    end'
    )
    function = (
        "    local n = 0\n    db.executemany(\"{sql}\", function()\n      n = n + 1\n"
        "      if n <= {rows} then return {{ {row} }} end\n    end)"
    )
    insert, update = "insert into item (a, b) values (?, ?)", "update item set a = ? where id = ?"
    return {
        "insert exec": f'    for n = 1, {rows} do db.exec("{insert}", n, "name " .. n) end',
        "insert executemany": many.format(rows=rows, row='n, "name " .. n', sql=insert),
        "insert executemany, function": function.format(rows=rows, row='n, "name " .. n', sql=insert),
        "insert one statement": "    db.exec([[with recursive n (i) as (select 1 union all select i + 1 from n "
        f"where i < {rows}) insert into item (a, b) select i, 'name ' || i from n]])",
        "update exec": f'    for n = 1, {rows} do db.exec("{update}", n + 7, n) end',
        "update executemany": many.format(rows=rows, row="n + 7, n", sql=update),
        "update executemany, function": function.format(rows=rows, row="n + 7, n", sql=update),
        "update one statement": '    db.exec("update item set a = a + 7")',
        "read rows": "    local sum = 0\n    for row in db.rows('select id, a, b from item') do "
        f"sum = sum + row.id + row.a + #row.b end\n    assert(sum > {rows})",
    }


def changing(rows):
    """Name → Lua, and the same SQL for the floor. Each changes so many rows of item."""
    one = {
        "update one statement": "update item set a = a + 7",
        "insert one statement": f"insert into item (id, a, b) select id + {rows}, a, b from item",
        "delete one statement": "delete from item where id > 0",
    }
    many = "update item set a = a + 7 where id = ?"
    told = {name: (f'    db.exec("{sql}")', sql) for name, sql in one.items()}
    told["update executemany, function"] = (
        f'    local n = 0\n    db.executemany("{many}", function()\n      n = n + 1\n'
        f"      if n <= {rows} then return {{ n }} end\n    end)", many)
    return told


def bulk_python(kind, rows):
    """The same with Python's sqlite3, at the durability that fettle asks for."""
    head = (
        "import sqlite3\nd = sqlite3.connect('app.db', isolation_level=None)\n"
        "d.execute('pragma journal_mode=persist')\nd.execute('pragma synchronous=extra')\nd.execute('begin immediate')\n"
    )
    span = f"range(1, {rows + 1})"
    insert, update = "insert into item (a, b) values (?, ?)", "update item set a = ? where id = ?"
    body = {
        "insert exec": f"for n in {span}: d.execute('{insert}', (n, f'name {{n}}'))",
        "insert executemany": f"d.executemany('{insert}', ((n, f'name {{n}}') for n in {span}))",
        "update exec": f"for n in {span}: d.execute('{update}', (n + 7, n))",
        "update executemany": f"d.executemany('{update}', ((n + 7, n) for n in {span}))",
        "read rows": "print(sum(i + a + len(b) for i, a, b in d.execute('select id, a, b from item')))",
    }.get(kind.removesuffix(", function"))
    return body and f"{head}{body}\nd.execute('commit')\n"


def bulk_node(kind, rows):
    """The same with better-sqlite3: one prepared statement in a loop."""
    loop = f"for (let n = 1; n <= {rows}; n++)"
    body = {
        "insert": f'const s = d.prepare("insert into item (a, b) values (?, ?)");\n{loop} s.run(n, "name " + n);',
        "update": f'const s = d.prepare("update item set a = ? where id = ?");\n{loop} s.run(n + 7, n);',
        "read": 'let sum = 0;\nfor (const r of d.prepare("select id, a, b from item").iterate()) '
                "sum += r.id + r.a + r.b.length;\n"
                f"if (!(sum > {rows})) throw sum;",
    }[kind.split()[0]]
    return ('const d = new (require("better-sqlite3"))("app.db");\nd.pragma("journal_mode = persist");\n'
            f'd.pragma("synchronous = extra");\nd.exec("begin immediate");\n{body}\nd.exec("commit");\n')


def bulk_php(kind, rows):
    """The same with PHP's PDO: one prepared statement in a loop."""
    loop = f"for ($n = 1; $n <= {rows}; $n++)"
    body = {
        "insert": f'$s = $d->prepare("insert into item (a, b) values (?, ?)");\n{loop} $s->execute([$n, "name $n"]);',
        "update": f'$s = $d->prepare("update item set a = ? where id = ?");\n{loop} $s->execute([$n + 7, $n]);',
        "read": "$sum = 0;\nforeach ($d->query('select id, a, b from item', PDO::FETCH_ASSOC) as $r) "
                "$sum += $r['id'] + $r['a'] + strlen($r['b']);\n"
                f"if (!($sum > {rows})) exit(1);",
    }[kind.split()[0]]
    return ('<?php\n$d = new PDO("sqlite:app.db");\n$d->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);\n'
            '$d->query("pragma journal_mode = persist")->fetchAll();\n$d->exec("pragma synchronous = extra");\n'
            f'$d->exec("begin immediate");\n{body}\n$d->exec("commit");\n')


def copy(source, path):
    shutil.rmtree(path, ignore_errors=True)
    subprocess.run(["cp", "-a", "--reflink=never", source, path], check=True)
    return path
