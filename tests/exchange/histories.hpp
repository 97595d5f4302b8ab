// Histories as other tools leave them: their published schemas (docs/import.md), filled as they fill them, and what
// fettle is to make of each.
#pragma once

#include <string>
#include <vector>

namespace support {

struct ForeignHistory {
  std::string tool;
  std::string table;  // as it is recognised
  std::string sql;    // for SQLite
  // name|stem|state|at|note, a line for each fact in the order of the ledger; at: "-" where it is unknown
  std::string facts;
  int skipped = 0;      // rows
  std::string applied;  // a script that counts as applied, without .lua
  std::string open;     // one that does not, though the tool knows it; empty: there is none
};

inline const std::vector<ForeignHistory>& foreign_histories() {
  static const std::vector<ForeignHistory> all = {
      {"oto", "operations",
       "create table operations (id integer primary key autoincrement, name varchar(255) not null, dispatched varchar "
       "not null check (dispatched in ('sync', 'async')), processed_at datetime);"
       "insert into operations (name, dispatched, processed_at) values ('2024_01_01_000000_a', 'sync', '2024-01-01 "
       "10:00:00'), ('2024_01_02_000000_b', 'async', '2024-01-02 10:00:00'), ('2024_01_03_000000_c', 'sync', NULL),"
       "('2024_01_01_000000_a', 'sync', '2024-01-05 10:00:00');",
       "2024_01_01_000000_a|2024_01_01_000000_a|applied|2024-01-01 10:00:00|\n"
       "2024_01_02_000000_b|2024_01_02_000000_b|applied|2024-01-02 10:00:00|dispatched, outcome not recorded\n"
       "2024_01_01_000000_a|2024_01_01_000000_a|applied|2024-01-05 10:00:00|\n",
       1, "2024_01_02_000000_b", "2024_01_03_000000_c"},
      {"sequencer", "operations",
       "create table operations (id varchar(26) primary key, name varchar(255), type varchar(255), state varchar(255), "
       "actor_type varchar, actor_id varchar, executed_at datetime not null, completed_at datetime, failed_at "
       "datetime, "
       "skipped_at datetime, skip_reason text, rolled_back_at datetime, created_at datetime, updated_at datetime);"
       "insert into operations (id, name, type, state, executed_at, completed_at, failed_at, skipped_at, skip_reason, "
       "rolled_back_at) values "
       "('01A', '2024_01_01_000001_ran.php', 'sync', 'completed', '2024-01-01 10:00:00', '2024-01-01 10:00:07', NULL, "
       "NULL, NULL, NULL),"
       "('01B', '2024_01_01_000002_quick', 'sync', 'completed', '2024-01-01 11:00:00', '2024-01-01 11:00:00', NULL, "
       "NULL, "
       "NULL, NULL),"
       "('01C', '2024_01_01_000003_bad', 'async', 'failed', '2024-01-01 12:00:00', NULL, '2024-01-01 12:00:01', NULL, "
       "NULL, NULL),"
       "('01D', '2024_01_01_000004_back', 'sync', 'rolled_back', '2024-01-01 13:00:00', '2024-01-01 13:00:05', NULL, "
       "NULL, NULL, '2024-01-01 13:00:09'),"
       "('01E', '2024_01_01_000005_open', 'sync', 'pending', '2024-01-01 14:00:00', NULL, NULL, NULL, NULL, NULL),"
       "('01F', '2024_01_01_000006_not', 'sync', 'skipped', '2024-01-01 15:00:00', NULL, NULL, '2024-01-01 15:00:01', "
       "'not needed', NULL);",
       "2024_01_01_000001_ran.php|2024_01_01_000001_ran|applied|2024-01-01 10:00:07|\n"
       "2024_01_01_000002_quick|2024_01_01_000002_quick|applied|2024-01-01 11:00:00|may be a skip by shouldRun or the "
       "environment\n"
       "2024_01_01_000003_bad|2024_01_01_000003_bad|failed|2024-01-01 12:00:01|\n"
       "2024_01_01_000004_back|2024_01_01_000004_back|rolled_back|2024-01-01 13:00:09|\n"
       "2024_01_01_000005_open|2024_01_01_000005_open|pending|2024-01-01 14:00:00|begun, end not recorded\n"
       "2024_01_01_000006_not|2024_01_01_000006_not|skipped|2024-01-01 15:00:01|not needed\n",
       0, "2024_01_01_000001_ran", "2024_01_01_000004_back"},
      {"laravel", "migrations",
       "create table migrations (id integer primary key autoincrement not null, migration varchar not null, batch "
       "integer "
       "not null); insert into migrations (migration, batch) values ('2014_10_12_000000_create_users', 1), "
       "('2019_08_19_000000_b', 2), ('2014_10_12_100000_a', 1);",
       "2014_10_12_000000_create_users|2014_10_12_000000_create_users|applied|-|\n"
       "2014_10_12_100000_a|2014_10_12_100000_a|applied|-|\n2019_08_19_000000_b|2019_08_19_000000_b|applied|-|\n",
       0, "2014_10_12_000000_create_users", ""},
      {"deploy-operations", "operations",
       "create table operations (id integer primary key autoincrement, operation varchar not null, batch integer not "
       "null); insert into operations (operation, batch) values ('sub/2022_10_12_000000_a', 1), "
       "('2022_10_13_000000_b', "
       "2);",
       "sub/2022_10_12_000000_a|2022_10_12_000000_a|applied|-|\n2022_10_13_000000_b|2022_10_13_000000_b|applied|-|\n",
       0, "2022_10_12_000000_a", ""},
      {"flyway", "flyway_schema_history",
       "create table flyway_schema_history (installed_rank int not null primary key, version varchar(50), description "
       "varchar(200) not null, type varchar(20) not null, script varchar(1000) not null, checksum int, installed_by "
       "varchar(100) not null, installed_on text not null default (strftime('%Y-%m-%d %H:%M:%f','now')), "
       "execution_time "
       "int not null, success boolean not null);"
       "insert into flyway_schema_history values "
       "(1, '1', 'init', 'SQL', 'V1__init.sql', -1665099012, 'sa', '2024-01-01 10:00:00.123', 12, 1),"
       "(2, '2', 'bad', 'SQL', 'V2__bad.sql', 7, 'sa', '2024-01-01 10:00:01', 1, 0),"
       "(3, NULL, 'views', 'SQL', 'R__views.sql', 9, 'sa', '2024-01-01 10:00:02', 1, 1),"
       "(4, '3', 'gone', 'SQL', 'V3__gone.sql', 8, 'sa', '2024-01-01 10:00:03', 1, 1),"
       "(5, '3', 'gone', 'UNDO_SQL', 'U3__gone.sql', 8, 'sa', '2024-01-01 10:00:04', 1, 1),"
       "(6, '4', 'lost', 'SQL', 'V4__lost.sql', 8, 'sa', '2024-01-01 10:00:05', 1, 1),"
       "(7, '4', 'lost', 'DELETE', 'V4__lost.sql', 8, 'sa', '2024-01-01 10:00:06', 0, 1),"
       "(8, '3', 'gone', 'SQL', 'V3__gone.sql', 8, 'sa', '2024-01-01 10:00:07', 1, 1),"
       "(9, '0.5', '<< Flyway Baseline >>', 'BASELINE', '<< Flyway Baseline >>', NULL, 'sa', '2024-01-01 09:00:00', 0, "
       "1);",
       "V1__init.sql|V1__init|applied|2024-01-01 10:00:00|\nV2__bad.sql|V2__bad|failed|2024-01-01 10:00:01|\n"
       "R__views.sql|R__views|applied|2024-01-01 10:00:02|\nV3__gone.sql|V3__gone|rolled_back|2024-01-01 10:00:03|\n"
       "V4__lost.sql|V4__lost|rolled_back|2024-01-01 10:00:05|\nV3__gone.sql|V3__gone|applied|2024-01-01 10:00:07|\n"
       "<< Flyway Baseline >>|V0.5|marked|2024-01-01 09:00:00|a baseline: what comes before it was not executed by "
       "Flyway\n",
       2, "V3__gone", "V2__bad"},
      {"liquibase", "DATABASECHANGELOG",
       "create table DATABASECHANGELOG (ID varchar(255) not null, AUTHOR varchar(255) not null, FILENAME varchar(255) "
       "not "
       "null, DATEEXECUTED datetime not null, ORDEREXECUTED int not null, EXECTYPE varchar(10) not null, MD5SUM "
       "varchar(35), DESCRIPTION varchar(255), COMMENTS varchar(255), TAG varchar(255), LIQUIBASE varchar(20), "
       "CONTEXTS "
       "varchar(255), LABELS varchar(255), DEPLOYMENT_ID varchar(10), EXECUTION_MILLISECONDS int);"
       "create table DATABASECHANGELOGLOCK (ID int not null primary key, LOCKED boolean not null, LOCKGRANTED "
       "datetime, "
       "LOCKEDBY varchar(255)); insert into DATABASECHANGELOGLOCK values (1, 0, NULL, NULL);"
       "insert into DATABASECHANGELOG (ID, AUTHOR, FILENAME, DATEEXECUTED, ORDEREXECUTED, EXECTYPE, MD5SUM) values "
       "('add-users', 'anna', 'db/changelog.xml', '2024-01-01 10:00:00', 1, 'EXECUTED', '9:abc'), "
       "('add-index', 'ben', 'db/changelog.xml', '2024-01-01T10:00:01', 2, 'MARK_RAN', NULL), "
       "('again', 'ben', 'db/changelog.xml', '2024-01-02 10:00:01', 3, 'RERAN', '8:def');",
       "add-users|add-users|applied|2024-01-01 10:00:00|\nadd-index|add-index|marked|2024-01-01 10:00:01|\n"
       "again|again|applied|2024-01-02 10:00:01|\n",
       0, "add-index", ""},
      {"golang-migrate", "schema_migrations",
       "create table schema_migrations (version uint64, dirty bool); create unique index version_unique on "
       "schema_migrations (version); insert into schema_migrations values (3, 0);",
       "3|3_*|applied|-|those before it: --files FOLDER\n", 0, "000003_x", "000002_w"},
      {"goose", "goose_db_version",
       "create table goose_db_version (id integer primary key autoincrement, version_id integer not null, is_applied "
       "integer not null, tstamp timestamp default (datetime('now')));"
       "insert into goose_db_version (version_id, is_applied, tstamp) values (0, 1, '2024-01-01 09:00:00'), (1, 1, "
       "'2024-01-01 10:00:00'), (20240102000000, 1, '2024-01-01 10:00:01'), (20240102000000, 0, '2024-01-01 "
       "10:00:02'), "
       "(3, 0, '2024-01-01 10:00:03'), (3, 1, '2024-01-01 10:00:04');",
       "1|1_*|applied|2024-01-01 10:00:00|\n3|3_*|applied|2024-01-01 10:00:04|\n"
       "20240102000000|20240102000000_*|rolled_back|2024-01-01 10:00:02|\n",
       3, "00003_c", "20240102000000_b"},
      {"dbmate", "schema_migrations",
       "create table schema_migrations (version varchar(128) primary key); insert into schema_migrations values "
       "('20240101120000'), ('20240102120000');",
       "", 0, "", ""},  // Rails of old looks the same: it has to be named
      {"rails", "schema_migrations",
       "create table schema_migrations (version varchar not null primary key); create table ar_internal_metadata (key "
       "varchar not null primary key, value varchar, created_at datetime, updated_at datetime); insert into "
       "schema_migrations values ('20240101120000'), ('20240102120000');",
       "20240101120000|20240101120000_*|applied|-|\n20240102120000|20240102120000_*|applied|-|\n", 0,
       "20240101120000_create_users", ""},
      {"data-migrate", "data_migrations",
       "create table data_migrations (version varchar not null primary key); insert into data_migrations values "
       "('20240101120000');",
       "", 0, "", ""},
      {"after-party", "task_records",
       "create table task_records (version varchar not null); insert into task_records values ('20240101120000');", "",
       0, "", ""},
      {"knex", "knex_migrations",
       "create table knex_migrations (id integer not null primary key autoincrement, name varchar(255), batch integer, "
       "migration_time datetime); create table knex_migrations_lock (`index` integer not null primary key "
       "autoincrement, "
       "is_locked integer); insert into knex_migrations_lock (is_locked) values (0); insert into knex_migrations "
       "(name, "
       "batch, migration_time) values ('20240101_a.js', 1, 1704103200123), ('20240102_b', 2, '2024-01-01 10:00:01');",
       "20240101_a.js|20240101_a|applied|2024-01-01 10:00:00|\n20240102_b|20240102_b|applied|2024-01-01 10:00:01|\n", 0,
       "20240101_a", ""},
      {"alembic", "alembic_version",
       "create table alembic_version (version_num varchar(32) not null, constraint alembic_version_pkc primary key "
       "(version_num)); insert into alembic_version values ('ae1027a6acf0');",
       "ae1027a6acf0|ae1027a6acf0_*|applied|-|those before it: --files VERSIONS\n", 0, "ae1027a6acf0_add_users", ""},
      {"django", "django_migrations",
       "create table django_migrations (id integer not null primary key autoincrement, app varchar(255) not null, name "
       "varchar(255) not null, applied datetime not null); insert into django_migrations (app, name, applied) values "
       "('auth', '0001_initial', '2024-01-01 10:00:00.123456'), ('shop', '0001_initial', '2024-01-01 10:00:01');",
       "auth.0001_initial|auth.0001_initial|applied|2024-01-01 10:00:00|\n"
       "shop.0001_initial|shop.0001_initial|applied|2024-01-01 10:00:01|\n",
       0, "auth.0001_initial", ""},
      {"sqitch", "changes",
       "create table projects (project text primary key, uri text unique, created_at datetime, creator_name text, "
       "creator_email text); create table changes (change_id text primary key, script_hash text, change text not null, "
       "project text not null, note text not null default '', committed_at datetime not null, committer_name text not "
       "null, committer_email text not null, planned_at datetime not null, planner_name text not null, planner_email "
       "text "
       "not null); create table events (event text not null, change_id text not null, change text not null, project "
       "text "
       "not null, note text not null default '', requires text, conflicts text, tags text, committed_at datetime not "
       "null, "
       "committer_name text, committer_email text, planned_at datetime, planner_name text, planner_email text, primary "
       "key "
       "(change_id, committed_at)); create table tags (tag_id text primary key, tag text, project text, change_id "
       "text, "
       "note text, committed_at datetime); "
       "insert into changes values ('c1', '02e462c27d80ad2bae3c1bb1aba905e20474960c', 'appschema', 'flipr', '', "
       "'2024-01-01 10:00:00', 'A', 'a@x', '2024-01-01 09:00:00', 'A', 'a@x'); "
       "insert into events (event, change_id, change, project, committed_at) values ('deploy', 'c1', 'appschema', "
       "'flipr', "
       "'2024-01-01 10:00:00'), ('deploy', 'c2', 'users', 'flipr', '2024-01-01 10:00:01'), ('revert', 'c2', 'users', "
       "'flipr', '2024-01-01 10:00:02'), ('fail', 'c3', 'broken', 'flipr', '2024-01-01 10:00:03'), ('fail', 'c3', "
       "'broken', 'flipr', '2024-01-01 10:00:04');",
       "appschema|appschema|applied|2024-01-01 10:00:00|\nusers|users|rolled_back|2024-01-01 10:00:02|\n"
       "broken|broken|failed|2024-01-01 10:00:04|\n",
       1, "appschema", "users"},
      {"prisma", "_prisma_migrations",
       "create table _prisma_migrations (id text primary key not null, checksum text not null, finished_at datetime, "
       "migration_name text not null, logs text, rolled_back_at datetime, started_at datetime not null default "
       "current_timestamp, applied_steps_count integer unsigned not null default 0);"
       "insert into _prisma_migrations values "
       "('a', '82efb67f3010c6eb7ead02e4f6d9550633dbc1407f99aa487468e7b2567aebbc', 1704103205000, '20240101_init', "
       "NULL, "
       "NULL, 1704103200000, 1), ('b', 'ff', NULL, '20240102_bad', 'no such table', NULL, '2024-01-01 10:00:06', 0), "
       "('c', 'ff', NULL, '20240103_twice', 'x', '2024-01-01 10:00:08', '2024-01-01 10:00:07', 0), "
       "('d', 'ff', '2024-01-01 10:00:10', '20240103_twice', NULL, NULL, '2024-01-01 10:00:09', 1), "
       "('e', 'ff', '2024-01-01 10:00:11', '20240104_said', NULL, NULL, '2024-01-01 10:00:11', 0);",
       "20240101_init|20240101_init|applied|2024-01-01 10:00:05|\n"
       "20240102_bad|20240102_bad|failed|2024-01-01 10:00:06|no such table\n"
       "20240103_twice|20240103_twice|rolled_back|2024-01-01 10:00:08|\n"
       "20240103_twice|20240103_twice|applied|2024-01-01 10:00:10|\n"
       "20240104_said|20240104_said|marked|2024-01-01 10:00:11|resolved as applied by a person\n",
       0, "20240103_twice", "20240102_bad"},
      {"umzug", "SequelizeMeta",
       "create table SequelizeMeta (name varchar(255) not null unique primary key); insert into SequelizeMeta values "
       "('20240101-a.js'), ('20240102-b.ts');",
       "20240101-a.js|20240101-a|applied|-|\n20240102-b.ts|20240102-b|applied|-|\n", 0, "20240101-a", ""},
      {"maintenance-tasks", "maintenance_tasks_runs",
       "create table maintenance_tasks_runs (id integer primary key autoincrement not null, task_name varchar not "
       "null, "
       "started_at datetime(6), ended_at datetime(6), time_running float default 0.0 not null, tick_count bigint "
       "default 0 "
       "not null, tick_total bigint, job_id varchar, cursor varchar, status varchar default 'enqueued' not null, "
       "error_class varchar, error_message varchar, backtrace text, created_at datetime(6) not null, updated_at "
       "datetime(6) not null, arguments text, lock_version integer default 0 not null, metadata text);"
       "insert into maintenance_tasks_runs (task_name, started_at, ended_at, time_running, tick_count, status, "
       "error_message, created_at, updated_at) values "
       "('Maintenance::FillTask', '2024-01-01 10:00:00', '2024-01-01 10:00:05', 4.5, 10, 'errored', 'no', "
       "'2024-01-01', "
       "'2024-01-01'), ('Maintenance::FillTask', '2024-01-01 11:00:00', '2024-01-01 11:00:05', 4.5, 10, 'succeeded', "
       "NULL, "
       "'2024-01-01', '2024-01-01'), ('Maintenance::OpenTask', '2024-01-01 12:00:00', NULL, 0, 3, 'paused', NULL, "
       "'2024-01-01', '2024-01-01');",
       "Maintenance::FillTask|Maintenance::FillTask|failed|2024-01-01 10:00:05|errored\n"
       "Maintenance::FillTask|Maintenance::FillTask|applied|2024-01-01 11:00:05|\n"
       "Maintenance::OpenTask|Maintenance::OpenTask|pending|2024-01-01 12:00:00|paused\n",
       0, "Maintenance::FillTask", "Maintenance::OpenTask"},
      {"md-oss", "Migration",
       "create table \"Migration\" (id text not null primary key, name text not null unique, description text, "
       "completed "
       "boolean not null default false, \"completedAt\" datetime, duration integer, error text, \"lastAttemptAt\" "
       "datetime, "
       "\"createdAt\" datetime not null default current_timestamp, \"updatedAt\" datetime not null);"
       "insert into \"Migration\" (id, name, completed, completedAt, duration, error, lastAttemptAt, updatedAt) values "
       "('c1', '001-done', 1, 1704103200000, 15, 'an old one', NULL, 0), ('c2', '002-bad', 0, NULL, NULL, 'boom', "
       "'2024-01-01 10:00:01', 0), ('c3', '003-open', 0, NULL, NULL, NULL, NULL, 0);",
       "002-bad|002-bad|failed|2024-01-01 10:00:01|boom\n003-open|003-open|pending|-|\n"
       "001-done|001-done|applied|2024-01-01 10:00:00|\n",
       0, "001-done", "002-bad"},
      {"ecto", "schema_migrations",
       "create table schema_migrations (version integer primary key, inserted_at text); insert into schema_migrations "
       "values (20240101120000, '2024-01-01T10:00:00');",
       "20240101120000|20240101120000_*|applied|2024-01-01 10:00:00|\n", 0, "20240101120000_add_users", ""},
      {"sql-migrate", "gorp_migrations",
       "create table gorp_migrations (id varchar(255) not null primary key, applied_at datetime); insert into "
       "gorp_migrations values ('1_initial.sql', '2024-01-01 10:00:00+02:00');",
       "1_initial.sql|1_initial|applied|2024-01-01 08:00:00|\n", 0, "1_initial", ""},
  };
  return all;
}

}  // namespace support
