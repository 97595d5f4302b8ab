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


def sql_site(path):
    fresh(path)
    os.makedirs(os.path.join(path, "migrations"))
    make_database(os.path.join(path, "app.db"))
    config = "development:\n  dialect: sqlite3\n  datasource: app.db\n  dir: migrations\n"
    write(os.path.join(path, "dbconfig.yml"), config)
    return path


def drop_sql(path, first, count, head, foot=""):
    for number in range(first, first + count):
        name = os.path.join(path, "migrations", f"{20200101000000 + number}_fix.sql")
        write(name, f"{head}\n{one_row_statement(number)};\n{foot}\n")


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
    insert, update = "insert into item (a, b) values (?, ?)", "update item set a = ? where id = ?"
    return {
        "insert exec": f'    for n = 1, {rows} do db.exec("{insert}", n, "name " .. n) end',
        "insert executemany": many.format(rows=rows, row='n, "name " .. n', sql=insert),
        "insert one statement": "    db.exec([[with recursive n (i) as (select 1 union all select i + 1 from n "
        f"where i < {rows}) insert into item (a, b) select i, 'name ' || i from n]])",
        "update exec": f'    for n = 1, {rows} do db.exec("{update}", n + 7, n) end',
        "update executemany": many.format(rows=rows, row="n + 7, n", sql=update),
        "update one statement": '    db.exec("update item set a = a + 7")',
        "read rows": "    local sum = 0\n    for row in db.rows('select id, a, b from item') do "
        f"sum = sum + row.id + row.a + #row.b end\n    assert(sum > {rows})",
    }


def bulk_python(kind, rows):
    """The same with Python's sqlite3, at the durability that fettle asks for."""
    head = (
        "import sqlite3\nd = sqlite3.connect('app.db', isolation_level=None)\n"
        "d.execute('pragma journal_mode=truncate')\nd.execute('pragma synchronous=extra')\nd.execute('begin immediate')\n"
    )
    span = f"range(1, {rows + 1})"
    insert, update = "insert into item (a, b) values (?, ?)", "update item set a = ? where id = ?"
    body = {
        "insert exec": f"for n in {span}: d.execute('{insert}', (n, f'name {{n}}'))",
        "insert executemany": f"d.executemany('{insert}', ((n, f'name {{n}}') for n in {span}))",
        "update exec": f"for n in {span}: d.execute('{update}', (n + 7, n))",
        "update executemany": f"d.executemany('{update}', ((n + 7, n) for n in {span}))",
        "read rows": "print(sum(i + a + len(b) for i, a, b in d.execute('select id, a, b from item')))",
    }.get(kind)
    return body and f"{head}{body}\nd.execute('commit')\n"


def copy(source, path):
    shutil.rmtree(path, ignore_errors=True)
    subprocess.run(["cp", "-a", "--reflink=never", source, path], check=True)
    return path
