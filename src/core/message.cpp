#include "core/message.hpp"

#include <chrono>
#include <tuple>

#include "core/changed_row.hpp"
#include "core/page_message.hpp"
#include "core/restore_message.hpp"
#include "core/wire.hpp"

// One `fields` for each message lists its members once, in wire order; encoding and decoding both walk that list.
namespace core {
namespace {

template <class Field>
void write(Writer& out, const Field& field);
template <class Field>
void read(Reader& in, Field& field);

template <class Message>
auto fields(Message&) {
  return std::tie();
}

#define FETTLE_FIELDS(Message, ...)                \
  [[maybe_unused]] auto fields(Message& m) {       \
    return std::tie(__VA_ARGS__);                  \
  }                                                \
  [[maybe_unused]] auto fields(const Message& m) { \
    return std::tie(__VA_ARGS__);                  \
  }

FETTLE_FIELDS(SandboxLevel, m.landlock_abi, m.seccomp, m.no_new_privileges, m.limits)
FETTLE_FIELDS(Limits, m.rows, m.bytes, m.statements, m.database_memory, m.log_lines, m.log_bytes, m.result_bytes,
              m.result_depth)
FETTLE_FIELDS(Declaration, m.description, m.database, m.writes, m.repeatable, m.transaction, m.timeout, m.not_before,
              m.window, m.depends, m.tags, m.environments, m.args, m.args_fault, m.retries, m.backoff, m.max_rows,
              m.allow_failure, m.validates, m.rolls_back)
FETTLE_FIELDS(Argument, m.name, m.value)
FETTLE_FIELDS(Receipt, m.script, m.sha256, m.ledger, m.node, m.applied_at, m.version, m.attempt, m.run)
FETTLE_FIELDS(Fact, m.name, m.text)
FETTLE_FIELDS(Keeping, m.step, m.file, m.name, m.rows)
FETTLE_FIELDS(DatabaseAddress, m.name, m.url, m.copy_to, m.keeping)
FETTLE_FIELDS(ServerCopies, m.mark, m.prefix, m.alive)
FETTLE_FIELDS(DatabaseFacts, m.name, m.engine)
FETTLE_FIELDS(DatabaseStatus, m.name, m.engine, m.fault, m.cause, m.facts)
FETTLE_FIELDS(Spawn, m.role, m.settings)
FETTLE_FIELDS(Spawned, m.pid)
FETTLE_FIELDS(Ended, m.pid, m.status, m.cpu_microseconds, m.peak_memory)
FETTLE_FIELDS(WorkerSettings, m.memory, m.cpu_seconds, m.limits)
FETTLE_FIELDS(BrokerSettings, m.directory, m.ledger_path, m.databases, m.limits, m.images, m.preview, m.copies)
FETTLE_FIELDS(Load, m.name, m.text, m.databases, m.attempt, m.run, m.preview, m.environment, m.trigger, m.by, m.host,
              m.arguments)
FETTLE_FIELDS(Ask, m.database, m.coordinator)
FETTLE_FIELDS(WorkerReady, m.level)
FETTLE_FIELDS(Loaded, m.declaration)
FETTLE_FIELDS(Line, m.level, m.text)
FETTLE_FIELDS(Execute, m.undo, m.database)
FETTLE_FIELDS(Answer, m.word, m.reason, m.warnings)
FETTLE_FIELDS(Result, m.word, m.message, m.json)
FETTLE_FIELDS(Fault, m.cause, m.error, m.traceback)
FETTLE_FIELDS(Progress, m.done, m.total, m.label, m.before)
FETTLE_FIELDS(ProgressTold, m.progress)
FETTLE_FIELDS(ReadData, m.name, m.offset)
FETTLE_FIELDS(Data, m.fault, m.bytes)
FETTLE_FIELDS(ApprovedTable, m.table, m.inserted, m.updated, m.deleted)
FETTLE_FIELDS(ApprovedSchema, m.kind, m.type, m.name)
FETTLE_FIELDS(Approval, m.given, m.database, m.tables, m.schema, m.percent)
FETTLE_FIELDS(Begin, m.database, m.access, m.milliseconds, m.receipt, m.once, m.settled, m.forced, m.max_rows, m.undoes,
              m.approval, m.restores, m.disowned, m.disowned_by, m.batches)
FETTLE_FIELDS(Finish, m.commit, m.confirm)
FETTLE_FIELDS(BrokerReady, m.level, m.databases)
FETTLE_FIELDS(Began, m.cause, m.error, m.lost, m.elsewhere, m.applied, m.begun, m.missing, m.earlier, m.statements)
FETTLE_FIELDS(Inquire, m.database, m.script, m.sha256, m.ledger, m.attempt, m.undoes, m.only_begun, m.needs_table)
FETTLE_FIELDS(Paged, m.pages, m.rows, m.advanced)
FETTLE_FIELDS(Inquired, m.proof, m.receipt, m.error, m.paged)
FETTLE_FIELDS(Bookmark, m.by, m.name, m.cursor, m.pages, m.rows, m.failed, m.ended)
FETTLE_FIELDS(OpenBatch, m.name, m.restart)
FETTLE_FIELDS(BatchOpened, m.fault, m.bookmark)
FETTLE_FIELDS(TurnPage, m.name, m.cursor, m.rows, m.failed, m.failures, m.ended, m.anew, m.pause)
FETTLE_FIELDS(PageTurned, m.cause, m.error, m.lost, m.statements, m.rows_changed, m.waited)
FETTLE_FIELDS(NextPage, m.milliseconds)
FETTLE_FIELDS(Savepoint, m.what)
FETTLE_FIELDS(Examine, m.database, m.access)
FETTLE_FIELDS(Examined, m.cause, m.error, m.facts)
FETTLE_FIELDS(AtWork, m.script, m.node, m.since, m.where)
FETTLE_FIELDS(Fleet, m.applied, m.begun, m.at_work)
FETTLE_FIELDS(Muster, m.database, m.skip, m.most, m.scripts)
FETTLE_FIELDS(Mustered, m.error, m.fleet)
FETTLE_FIELDS(TableChanges, m.table, m.columns, m.key, m.inserted, m.updated, m.deleted, m.net, m.gap)
FETTLE_FIELDS(SchemaChange, m.kind, m.type, m.name, m.before, m.after)
FETTLE_FIELDS(Changes, m.tables, m.schema)
FETTLE_FIELDS(ChangedRows, m.rows)
FETTLE_FIELDS(Restore, m.tables, m.rows, m.last)
FETTLE_FIELDS(Conflict, m.table, m.change, m.key, m.why)
FETTLE_FIELDS(Restored, m.cause, m.error, m.rows, m.conflicts, m.told)
FETTLE_FIELDS(Done, m.word, m.cause, m.error, m.lost, m.may_have_written, m.locked, m.statements, m.rows_changed,
              m.changes, m.changed_rows)
FETTLE_FIELDS(Statement, m.wants, m.database, m.sql, m.parameters)
FETTLE_FIELDS(Many, m.database, m.sql, m.follows, m.rows)
FETTLE_FIELDS(Fetch, m.cursor, m.ahead)
FETTLE_FIELDS(Close, m.cursor)
FETTLE_FIELDS(Describe, m.what, m.database, m.table, m.name)
FETTLE_FIELDS(Rows, m.cursor, m.columns, m.rows)
FETTLE_FIELDS(Affected, m.rows)
FETTLE_FIELDS(SqlFault, m.message)
FETTLE_FIELDS(FileStamp, m.device, m.inode, m.size, m.changed)
FETTLE_FIELDS(Go::Waiting, m.script, m.stamp)
FETTLE_FIELDS(Go, m.leave)
FETTLE_FIELDS(Look, m.all, m.names)
FETTLE_FIELDS(Left, m.script, m.stamp, m.cause, m.reason, m.until, m.untried)
FETTLE_FIELDS(LogRecord, m.level, m.text)
FETTLE_FIELDS(RunOver, m.run, m.exit_code, m.applied)
FETTLE_FIELDS(StatementView, m.wants, m.database, m.sql, m.parameters)
FETTLE_FIELDS(ManyView, m.database, m.sql, m.follows, m.rows)
FETTLE_FIELDS(RowsView, m.cursor, m.columns, m.rows)
#undef FETTLE_FIELDS

Role last(Role) {
  return Role::broker;
}
Keeping::Step last(Keeping::Step) {
  return Keeping::Step::drop;
}
Access last(Access) {
  return Access::receipt_only;
}
Cause last(Cause) {
  return Cause::dependency;
}
LineLevel last(LineLevel) {
  return LineLevel::error;
}
Answer::Word last(Answer::Word) {
  return Answer::Word::invalid;
}
Result::Word last(Result::Word) {
  return Result::Word::skipped;
}
Proof last(Proof) {
  return Proof::unreachable;
}
RowChange::Kind last(RowChange::Kind) {
  return RowChange::Kind::deleted;
}
SchemaChange::Kind last(SchemaChange::Kind) {
  return SchemaChange::Kind::dropped;
}
Done::Word last(Done::Word) {
  return Done::Word::unknown;
}
Statement::Wants last(Statement::Wants) {
  return Statement::Wants::rows;
}
Savepoint::What last(Savepoint::What) {
  return Savepoint::What::roll_back;
}
Describe::What last(Describe::What) {
  return Describe::What::has_index;
}

template <class Item>
struct IsVector : std::false_type {};
template <class Item>
struct IsVector<std::vector<Item>> : std::true_type {};

using Milliseconds = std::optional<std::chrono::milliseconds>;

template <class Field>
void write(Writer& out, const Field& field) {
  if constexpr (std::is_same_v<Field, std::string>) {
    out.put(std::string_view(field));
  } else if constexpr (std::is_arithmetic_v<Field> || std::is_enum_v<Field> || std::is_same_v<Field, Row>) {
    out.put(field);
  } else if constexpr (std::is_same_v<Field, RowChange>) {
    put_change(out, field);
  } else if constexpr (std::is_same_v<Field, Milliseconds>) {
    out.put(static_cast<std::int64_t>(field ? field->count() : -1));
  } else if constexpr (IsVector<Field>::value) {
    out.put(static_cast<std::uint32_t>(field.size()));
    for (const auto& item : field) write(out, item);
  } else {
    std::apply([&out](const auto&... each) { (write(out, each), ...); }, fields(field));
  }
}

template <class Field>
void read(Reader& in, Field& field) {
  if constexpr (std::is_same_v<Field, std::string>) {
    field = in.text();
  } else if constexpr (std::is_same_v<Field, std::string_view>) {
    field = in.view();
  } else if constexpr (std::is_same_v<Field, RowChange>) {
    read_change(in, field);
  } else if constexpr (std::is_same_v<Field, Values>) {
    read_values(in, field);
  } else if constexpr (std::is_same_v<Field, PackedRows>) {
    field = PackedRows(in);
  } else if constexpr (std::is_same_v<Field, bool>) {
    field = in.flag();
  } else if constexpr (std::is_enum_v<Field>) {
    field = in.word(last(Field{}));
  } else if constexpr (std::is_arithmetic_v<Field>) {
    field = in.number<Field>();
  } else if constexpr (std::is_same_v<Field, Row>) {
    field = in.row();
  } else if constexpr (std::is_same_v<Field, Milliseconds>) {
    const auto count = in.number<std::int64_t>();
    if (count >= 0) field = std::chrono::milliseconds(count);
  } else if constexpr (IsVector<Field>::value) {
    const std::uint32_t size = in.count();
    for (std::uint32_t index = 0; index < size && in.good(); ++index) read(in, field.emplace_back());
  } else {
    std::apply([&in](auto&... each) { (read(in, each), ...); }, fields(field));
  }
}

}  // namespace

template <class Message>
std::string encode(const Message& message) {
  Writer out;
  write(out, message);
  return out.take();
}

template <class Message>
std::optional<Message> decode(std::string_view body) {
  Reader in(body);
  Message message;
  read(in, message);
  if (!in.complete()) return std::nullopt;
  return message;
}

#define FETTLE_MESSAGE(Message)                                 \
  template std::string encode<Message>(const Message& message); \
  template std::optional<Message> decode<Message>(std::string_view body);

FETTLE_MESSAGE(Spawn)
FETTLE_MESSAGE(Spawned)
FETTLE_MESSAGE(Ended)
FETTLE_MESSAGE(WorkerSettings)
FETTLE_MESSAGE(BrokerSettings)
FETTLE_MESSAGE(Load)
FETTLE_MESSAGE(Ask)
FETTLE_MESSAGE(Execute)
FETTLE_MESSAGE(WorkerReady)
FETTLE_MESSAGE(Loaded)
FETTLE_MESSAGE(Line)
FETTLE_MESSAGE(Answer)
FETTLE_MESSAGE(Result)
FETTLE_MESSAGE(Fault)
FETTLE_MESSAGE(ProgressTold)
FETTLE_MESSAGE(ReadData)
FETTLE_MESSAGE(Data)
FETTLE_MESSAGE(Begin)
FETTLE_MESSAGE(Finish)
FETTLE_MESSAGE(Heard)
FETTLE_MESSAGE(BrokerReady)
FETTLE_MESSAGE(Began)
FETTLE_MESSAGE(ChangedRows)
FETTLE_MESSAGE(Restore)
FETTLE_MESSAGE(Restored)
FETTLE_MESSAGE(Done)
FETTLE_MESSAGE(Inquire)
FETTLE_MESSAGE(Inquired)
FETTLE_MESSAGE(Examine)
FETTLE_MESSAGE(Examined)
FETTLE_MESSAGE(Muster)
FETTLE_MESSAGE(Mustered)
FETTLE_MESSAGE(Statement)
FETTLE_MESSAGE(Many)
FETTLE_MESSAGE(Fetch)
FETTLE_MESSAGE(Close)
FETTLE_MESSAGE(Describe)
FETTLE_MESSAGE(Rows)
FETTLE_MESSAGE(Affected)
FETTLE_MESSAGE(SqlFault)
FETTLE_MESSAGE(OpenBatch)
FETTLE_MESSAGE(BatchOpened)
FETTLE_MESSAGE(TurnPage)
FETTLE_MESSAGE(PageTurned)
FETTLE_MESSAGE(NextPage)
FETTLE_MESSAGE(Savepoint)
FETTLE_MESSAGE(StandingBy)
FETTLE_MESSAGE(Go)
FETTLE_MESSAGE(Look)
FETTLE_MESSAGE(Left)
FETTLE_MESSAGE(LogRecord)
FETTLE_MESSAGE(RunOver)
#undef FETTLE_MESSAGE

template std::optional<StatementView> decode<StatementView>(std::string_view body);
template std::optional<ManyView> decode<ManyView>(std::string_view body);
template std::optional<RowsView> decode<RowsView>(std::string_view body);

}  // namespace core
