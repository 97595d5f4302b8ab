"""Who takes part in the workloads of pending one-row scripts: how each wants its folder, its scripts and its command."""
import os
import shutil
from dataclasses import dataclass
from typing import Callable, Optional

import sites

ONCE = "commits once for all: nothing is durable before the end, one failure undoes all"


@dataclass
class Tool:
    name: str
    note: str
    command: Optional[list]  # None: absent
    site: Callable[[str], str]  # makes the folder
    drop: Callable[[str, int, int], None]  # so many scripts into it, from this number on
    most: int = 1000  # larger workloads are not tried with it


def prepare(tool, path, count, journal, run):
    """A folder with so many pending scripts; one more was run before, so that every record exists already. run: runs a
    command in a folder."""
    site = tool.site(path)
    sites.set_journal(site, journal)
    tool.drop(site, 0, 1)
    run(tool.command, site)
    tool.drop(site, 1, count)
    return site


def floor_and_fettle(fettle, floor):
    return [Tool("fettle", "", [fettle, "run"], sites.lua_site, sites.drop_lua, most=10_000),
            Tool("floor", "", [floor, "scripts", "."], sites.lua_site, sites.drop_lua, most=10_000)]


def of_sql(peers):
    """Those whose scripts are the plain SQL statement."""
    def dropping(head, foot):
        return lambda site, first, count: sites.drop_sql(site, first, count, head, foot)

    dbmate, migrate = peers.dbmate(), peers.sql_migrate()
    return [
        Tool("dbmate", "", dbmate and dbmate + ["--url", "sqlite:app.db", "-d", "migrations", "--no-dump-schema", "up"],
             sites.sql_site, dropping("-- migrate:up", "-- migrate:down"), most=10_000),
        Tool("sql-migrate", "", migrate and migrate + ["up"], sites.sql_site,
             dropping("-- +migrate Up", "-- +migrate Down"), most=10_000),
        Tool("umzug", "its records: a table of our own", peers.node("better-sqlite3", "umzug") and ["node", "up.js"],
             lambda path: sites.umzug_site(path, peers.modules), dropping("", "")),
        Tool("sqlite3 in a shell loop", "", shutil.which("sqlite3") and ["sh", "loop.sh"], sites.shell_site,
             dropping("", "")),
    ]


def of_their_own(peers):
    """Those whose scripts have a form of their own."""
    knex, alembic, sqitch = peers.knex(), peers.alembic(), peers.sqitch()
    return [
        Tool("knex", ONCE, knex and knex + ["migrate:latest"], lambda path: sites.knex_site(path, peers.modules),
             sites.drop_knex),
        Tool("alembic", "", alembic and alembic + ["upgrade", "head"], sites.alembic_site, sites.drop_alembic),
        Tool("sqitch", "", sqitch and sqitch + ["deploy"], sites.sqitch_site, sites.drop_sqitch),
    ]


def all_of_them(fettle, floor, peers):
    return floor_and_fettle(fettle, floor) + of_sql(peers) + of_their_own(peers)
