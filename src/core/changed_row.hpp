// How one changed row lies among others in a ChangedRows (core/message.hpp): kind, table, and the row as it was and as
// it is, each packed as Writer::put(Row) does. Rows that were updated mostly differ in a few bytes: then the row behind
// is told by those, and by how much of the row before stands in front of them and behind them. Pure; the reader trusts
// nothing that it reads.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/changes.hpp"
#include "core/wire.hpp"

namespace core {

// before, after: packed; empty: there was none, there is none.
void put_change(Writer& out, RowChange::Kind kind, std::uint32_t table, std::string_view before,
                std::string_view after);
void put_change(Writer& out, const RowChange& change);

// Spoils `in` where that is malformed. What it holds behind is at most twice what `in` counted and held.
void read_change(Reader& in, RowChange& change);

}  // namespace core
