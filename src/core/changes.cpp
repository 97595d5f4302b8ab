#include "core/changes.hpp"

namespace core {

std::string_view name(RowChange::Kind kind) noexcept {
  switch (kind) {
    case RowChange::Kind::inserted:
      return "inserted";
    case RowChange::Kind::updated:
      return "updated";
    case RowChange::Kind::deleted:
      return "deleted";
  }
  return "";
}

std::string_view name(SchemaChange::Kind kind) noexcept {
  switch (kind) {
    case SchemaChange::Kind::created:
      return "created";
    case SchemaChange::Kind::altered:
      return "altered";
    case SchemaChange::Kind::dropped:
      return "dropped";
  }
  return "";
}

}  // namespace core
